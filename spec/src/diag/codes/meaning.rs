//! E02 names and kinds, E03 data and space, E04 search and objectives, E05 estimators, E06 execution, E07 the plan.

use super::Example::Part;
use super::{Code, CodeInfo};

/// An unknown version of the spec's format.
pub const E0201: Code = Code("E0201");
/// An unknown metric.
pub const E0202: Code = Code("E0202");
/// An unknown kind.
pub const E0203: Code = Code("E0203");
/// A word that is not among the accepted ones.
pub const E0204: Code = Code("E0204");
/// Parameters of a data set that don't hold.
pub const E0301: Code = Code("E0301");
/// Parameters of a search space that don't hold, or don't fit the data.
pub const E0302: Code = Code("E0302");
/// A limit beyond the data.
pub const E0303: Code = Code("E0303");
/// A validation split that leaves too few examples.
pub const E0304: Code = Code("E0304");
/// A batch that is larger than the training split.
pub const E0305: Code = Code("E0305");
/// Conditions that no network of the space satisfies.
pub const E0306: Code = Code("E0306");
/// An expression that cannot be read.
pub const E0307: Code = Code("E0307");
/// An expression whose names or values don't fit.
pub const E0308: Code = Code("E0308");
/// A setting of the training that the data have no use for.
pub const E0309: Code = Code("E0309");
/// Parameters of a search that don't hold.
pub const E0401: Code = Code("E0401");
/// A search that the space cannot serve.
pub const E0402: Code = Code("E0402");
/// A number of objectives that the search cannot work with.
pub const E0403: Code = Code("E0403");
/// An objective that occurs twice.
pub const E0404: Code = Code("E0404");
/// An objective in the wrong direction.
pub const E0405: Code = Code("E0405");
/// An objective that nobody measures.
pub const E0406: Code = Code("E0406");
/// Measurements that don't end with the training.
pub const E0407: Code = Code("E0407");
/// An asynchronous search under an estimator that waits for generations.
pub const E0408: Code = Code("E0408");
/// A search of more networks than the space has.
pub const W0401: Code = Code("W0401");
/// An objective in which all networks are equal.
pub const W0402: Code = Code("W0402");
/// A reuse that never happens.
pub const W0403: Code = Code("W0403");
/// Parameters of an estimator that don't hold.
pub const E0501: Code = Code("E0501");
/// An estimator of something that is not measured during training.
pub const E0502: Code = Code("E0502");
/// A limit of regret without audits.
pub const E0503: Code = Code("E0503");
/// A limit of regret in a unit that the metric does not have.
pub const E0504: Code = Code("E0504");
/// An estimator that can never stop a training.
pub const W0501: Code = Code("W0501");
/// An estimator of a metric that is no objective.
pub const W0502: Code = Code("W0502");
/// An audit of an estimator that never stops a training.
pub const W0503: Code = Code("W0503");
/// A budget that cannot be spent.
pub const W0601: Code = Code("W0601");
/// A confirmation without predictions.
pub const W0602: Code = Code("W0602");
/// A plan beyond what can be counted.
pub const E0702: Code = Code("E0702");

/// E02 to E07.
pub(super) static MEANING: &[CodeInfo] = &[
    CodeInfo {
        code: E0201,
        title: "an unknown version of the spec's format",
        explanation: "`version` is the version of the spec's format, not of your experiment. This peng reads version \
            1. A spec of a later version needs a later peng.",
        bad: Part("version: 2\n"),
        good: Part("version: 1\n"),
    },
    CodeInfo {
        code: E0202,
        title: "an unknown metric",
        explanation: "Metrics are `val_accuracy` and `train_accuracy` in percent, `val_loss` and `train_loss` in nats, \
            `flops` (multiply-accumulates for one example) and `params` (learned parameters).",
        bad: Part("objectives: [{maximize: val_acuracy}]\n"),
        good: Part("objectives: [{maximize: val_accuracy}]\n"),
    },
    CodeInfo {
        code: E0203,
        title: "an unknown kind",
        explanation: "`kind` names a data set, a search space, a search or an estimator. `peng kinds` lists all of \
            them with their parameters.",
        bad: Part("dataset: {kind: digts}\n"),
        good: Part("dataset: {kind: digits}\n"),
    },
    CodeInfo {
        code: E0204,
        title: "a word that is not among the accepted ones",
        explanation: "The key takes one of a few words; the help names them.",
        bad: Part("gpu_budget: {devices: gpuu}\n"),
        good: Part("gpu_budget: {devices: cpu}\n"),
    },
    CodeInfo {
        code: E0301,
        title: "parameters of a data set that don't hold",
        explanation: "Each parameter has the right type, but the data set cannot be had with them. The message is the \
            data set's own.",
        bad: Part(
            "dataset: {kind: synthetic, input: 1x8x99999999999999999999, classes: 2, train: 400, test: 100}\n",
        ),
        good: Part("dataset: {kind: synthetic, input: 1x8x8, classes: 2, train: 400, test: 100}\n"),
    },
    CodeInfo {
        code: E0302,
        title: "parameters of a search space that don't hold, or don't fit the data",
        explanation: "No network of the space can be built for the data set; for instance the images are used up by \
            pooling before the last phase. Make the space smaller, or take larger images.",
        bad: Part("search_space: {kind: nsga-macro, phases: 5, nodes: 3, channels: 8}\n"),
        good: Part("search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8}\n"),
    },
    CodeInfo {
        code: E0303,
        title: "a limit beyond the data",
        explanation: "`limit` cuts a split after the validation examples were taken out; it cannot make it larger. \
            Lower it, or leave it out to use all examples.",
        bad: Part("dataset: {kind: digits, limit: {train: 5000}}\n"),
        good: Part("dataset: {kind: digits, limit: {train: 500}}\n"),
    },
    CodeInfo {
        code: E0304,
        title: "a validation split that leaves too few examples",
        explanation: "The validation examples are split off the training part, stratified by class, so there must be \
            at least one for each class, or two for a regression, and at least one training example must be left.",
        bad: Part("dataset: {kind: digits, validation: 0.1%}\n"),
        good: Part("dataset: {kind: digits, validation: 10%}\n"),
    },
    CodeInfo {
        code: E0305,
        title: "a batch that is larger than the training split",
        explanation: "A step of training takes `batch_size` examples, but there are fewer after the split and \
            `limit`. Every epoch would be a single short step.",
        bad: Part("training: {epochs: 2, batch_size: 5000}\n"),
        good: Part("training: {epochs: 2, batch_size: 50}\n"),
    },
    CodeInfo {
        code: E0306,
        title: "conditions that no network of the space satisfies",
        explanation: "`where` keeps some networks of a space, and here it keeps none: what it asks for is outside of \
            what all networks have. `peng plan` without the condition shows how many parameters and multiply-accumulates they \
            have; `peng arch SPEC --sample 5` shows some of them.",
        bad: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"params <= 5\"]}\n",
        ),
        good: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"params <= 1M\"]}\n",
        ),
    },
    CodeInfo {
        code: E0307,
        title: "an expression that cannot be read",
        explanation: "Conditions (`where`, `when`), ranges, derived values and layers of a chain are small expressions \
            with a grammar, which is in `spec/src/expr/README.md`. The place that is shown is the first character \
            that does not fit; the help names the form.",
        bad: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"params = 2M\"]}\n",
        ),
        good: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"params <= 2M\"]}\n",
        ),
    },
    CodeInfo {
        code: E0308,
        title: "an expression whose names or values don't fit",
        explanation: "The expression can be read, but it names something that is not there, uses a list where one \
            number is expected, or a number where a condition is. `where` is about networks (`params`, `flops`, \
            `bytes`, `depth`, `filters[i]` and others), `when` about the place in a network. The names and the rules \
            are in `spec/src/expr/README.md`.",
        bad: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"filters <= 64\"]}\n",
        ),
        good: Part(
            "search_space: {kind: nsga-macro, phases: 2, nodes: 3, channels: 8, where: [\"filters[i] <= 64\"]}\n",
        ),
    },
    CodeInfo {
        code: E0309,
        title: "a setting of the training that does not suit the data",
        explanation: "Label smoothing spreads a share of each target over all classes. The targets of a regression are \
            numbers: there is nothing to spread it over.",
        bad: Part(
            "dataset: {kind: synthetic, input: 1x8x8, targets: 1, train: 200, test: 100}\n\
             objectives: [{minimize: val_loss}]\ntraining: {epochs: 8, label_smoothing: 0.1}\n",
        ),
        good: Part(
            "dataset: {kind: synthetic, input: 1x8x8, targets: 1, train: 200, test: 100}\n\
             objectives: [{minimize: val_loss}]\ntraining: {epochs: 8}\n",
        ),
    },
    CodeInfo {
        code: E0401,
        title: "parameters of a search that don't hold",
        explanation: "Each parameter has the right type, but the search cannot work with them. The message is the \
            search's own.",
        bad: Part("search: {kind: nsga-net, generations: 5, exploitation: 5}\n"),
        good: Part(
            "search: {kind: nsga-net, population: 4, offspring: 4, generations: 15, exploitation: 5}\n",
        ),
    },
    CodeInfo {
        code: E0402,
        title: "a search that the space cannot serve",
        explanation: "The search changes or crosses networks, and the space does not offer that move. Choose another \
            search, such as `random`, or another space. `crossover: common-bits` and `exploitation` of `nsga-net` are \
            about genomes of bits, as `nsga-macro` has them.",
        bad: Part(
            "search_space: {kind: layers, blocks: [{layer: conv, filters: 8..32}]}\n\
             search: {kind: nsga-net, population: 4, generations: 2, offspring: 4, crossover: common-bits}\n",
        ),
        good: Part(
            "search_space: {kind: layers, blocks: [{layer: conv, filters: 8..32}]}\n\
             search: {kind: nsga-net, population: 4, generations: 2, offspring: 4}\n",
        ),
    },
    CodeInfo {
        code: E0403,
        title: "a number of objectives that the search cannot work with",
        explanation: "Some searches rank by a single objective, others need at least a certain number of them.",
        bad: Part(
            "search: {kind: menndl, population: 4, offspring: 4, generations: 2}\n\
             objectives: [{maximize: val_accuracy}, {minimize: flops}]\n",
        ),
        good: Part(
            "search: {kind: menndl, population: 4, offspring: 4, generations: 2}\n\
             objectives: [{maximize: val_accuracy}]\n",
        ),
    },
    CodeInfo {
        code: E0404,
        title: "an objective that occurs twice",
        explanation: "The second adds nothing to the ranking.",
        bad: Part("objectives: [{maximize: val_accuracy}, {maximize: val_accuracy}]\n"),
        good: Part("objectives: [{maximize: val_accuracy}, {minimize: flops}]\n"),
    },
    CodeInfo {
        code: E0405,
        title: "an objective in the wrong direction",
        explanation: "Accuracies are maximized, losses, `flops` and `params` are minimized. The opposite would seek \
            the worst network.",
        bad: Part("objectives: [{minimize: val_accuracy}]\n"),
        good: Part("objectives: [{maximize: val_accuracy}]\n"),
    },
    CodeInfo {
        code: E0406,
        title: "an objective that nobody measures",
        explanation: "The name is a metric elsewhere, but no step of this training measures it. In particular the test \
            examples are never seen by a search, otherwise its result could not be trusted on them; accuracies are of \
            classes, `val_auc` of two classes, and `val_mae`, `val_rmse` and `val_r2` of the targets of a regression.",
        bad: Part("objectives: [{maximize: test_accuracy}]\n"),
        good: Part("objectives: [{maximize: val_accuracy}]\n"),
    },
    CodeInfo {
        code: E0407,
        title: "measurements that don't end with the training",
        explanation: "A training is measured every `measure_every` and at its end; `epochs` must be a multiple of it, \
            so that the measurements are equally far apart.",
        bad: Part("training: {epochs: 5, measure_every: 2 epochs}\n"),
        good: Part("training: {epochs: 6, measure_every: 2 epochs}\n"),
    },
    CodeInfo {
        code: E0408,
        title: "an asynchronous search under an estimator that waits for generations",
        explanation: "With `mode: asynchronous` the next network is made whenever a worker is free, and several \
            generations may be under way at once. An estimator that takes paused trainings up again at the end of each \
            generation has no such moment; at the end of the search it has one.",
        bad: Part(
            "search: {kind: nsga-net, population: 4, offspring: 4, generations: 2, mode: asynchronous}\n\
             training: {epochs: 20}\nestimator: {kind: population, confirm: generation}\n",
        ),
        good: Part(
            "search: {kind: nsga-net, population: 4, offspring: 4, generations: 2, mode: asynchronous}\n\
             training: {epochs: 20}\nestimator: {kind: population, confirm: end}\n",
        ),
    },
    CodeInfo {
        code: W0401,
        title: "a search of more networks than the space has",
        explanation: "The search will propose the same networks again and again; equal ones are not trained twice. A \
            smaller search, or a larger space, does the same.",
        bad: Part("search: {kind: random, networks: 1000000}\n"),
        good: Part("search: {kind: random, networks: 20}\n"),
    },
    CodeInfo {
        code: W0402,
        title: "an objective in which all networks are equal",
        explanation: "Of at most five classes the right one is always among five guesses: `val_top5` and `train_top5` are 100 \
            for every network, and no search can choose by them.",
        bad: Part(
            "dataset: {kind: synthetic, input: 1x8x8, classes: 4, train: 400, test: 40}
\
             objectives: [{maximize: val_top5}]
",
        ),
        good: Part("objectives: [{maximize: val_accuracy}]\n"),
    },
    CodeInfo {
        code: W0403,
        title: "a reuse that never happens",
        explanation: "`reuse` copies the fitness of a network only to one that is trained with the same settings. Settings that \
            vary continuously are practically never the same.",
        bad: Part(
            "search_space: {kind: layers, blocks: [{layer: conv, filters: 8..32}], training: {lr: log(1e-3..1e-1)}}\n\
             search: {kind: nsga-net, population: 4, offspring: 4, generations: 2, reuse: {similar_within: 2}}\n",
        ),
        good: Part(
            "search_space: {kind: layers, blocks: [{layer: conv, filters: 8..32}], training: {lr: [1e-3, 1e-2]}}\n\
             search: {kind: nsga-net, population: 4, offspring: 4, generations: 2, reuse: {similar_within: 2}}\n",
        ),
    },
    CodeInfo {
        code: E0501,
        title: "parameters of an estimator that don't hold",
        explanation: "Each parameter has the right type, but the estimator cannot work with them in this training; \
            for instance its window holds more measurements than a training has. The message is the estimator's own.",
        bad: Part("training: {epochs: 4}\nestimator: {kind: penguin, window: 50}\n"),
        good: Part("training: {epochs: 4}\nestimator: {kind: penguin, window: 2}\n"),
    },
    CodeInfo {
        code: E0502,
        title: "an estimator of something that is not measured during training",
        explanation: "An estimator observes the curve of a metric. `flops` and `params` follow from the architecture \
            and have no curve.",
        bad: Part("estimator: {kind: penguin, metric: flops}\n"),
        good: Part("estimator: {kind: penguin, metric: val_accuracy}\n"),
    },
    CodeInfo {
        code: E0503,
        title: "a limit of regret without audits",
        explanation: "`max_regret` switches the estimator off when its regret is too large. What a stopped training \
            would have reached is only known of those that `audit` lets run to the end, so without them there is \
            nothing to compare.",
        bad: Part("estimator: {kind: penguin, max_regret: 0.5pp}\n"),
        good: Part("estimator: {kind: penguin, audit: 5%, max_regret: 0.5pp}\n"),
    },
    CodeInfo {
        code: E0504,
        title: "a limit of regret in a unit that the metric does not have",
        explanation: "`max_regret` is a difference of accuracies, in points of percent. A loss is measured in nats.",
        bad: Part(
            "objectives: [{minimize: val_loss}, {minimize: flops}]\nestimator: {kind: patience, metric: val_loss, patience: 2 epochs, audit: 5%, max_regret: 0.5pp}\n",
        ),
        good: Part(
            "objectives: [{minimize: val_loss}, {minimize: flops}]\nestimator: {kind: patience, metric: val_loss, patience: 2 epochs, audit: 5%}\n",
        ),
    },
    CodeInfo {
        code: W0501,
        title: "an estimator that can never stop a training",
        explanation: "It needs as many measurements before its first verdict as a training has, or waits for more \
            trainings to end than the search begins before its last generation; so every training runs to its end. \
            Measure more often, train longer, search longer, or lower what it waits for.",
        bad: Part("training: {epochs: 4}\nestimator: {kind: penguin, window: 3, predict_at: 10 epochs}\n"),
        good: Part("training: {epochs: 6}\nestimator: {kind: penguin, window: 3, predict_at: 10 epochs}\n"),
    },
    CodeInfo {
        code: W0502,
        title: "an estimator of a metric that is no objective",
        explanation: "A training is stopped when the metric's final value is foreseen, but the search ranks by other \
            metrics, of which only the last measured value is then known.",
        bad: Part("objectives: [{minimize: val_loss}]\nestimator: {kind: penguin, metric: val_accuracy}\n"),
        good: Part(
            "objectives: [{maximize: val_accuracy}]\nestimator: {kind: penguin, metric: val_accuracy}\n",
        ),
    },
    CodeInfo {
        code: W0503,
        title: "an audit of an estimator that never stops a training",
        explanation: "`audit` lets a share of the trainings run to the end although the estimator would have stopped \
            them. The estimator of this spec never stops one, so there is nothing to learn from it.",
        bad: Part("estimator: {kind: never, audit: 5%}\n"),
        good: Part("estimator: {kind: penguin, audit: 5%}\n"),
    },
    CodeInfo {
        code: W0601,
        title: "a budget that cannot be spent",
        explanation: "`gpu_hours` counts the hours of all workers together. Within `wall_time` that many workers \
            cannot use them up, so `wall_time` alone limits the run.",
        bad: Part("gpu_budget: {gpu_hours: 8h, wall_time: 2h}\nexecution: {workers: 2}\n"),
        good: Part("gpu_budget: {gpu_hours: 3h, wall_time: 2h}\nexecution: {workers: 2}\n"),
    },
    CodeInfo {
        code: W0602,
        title: "a confirmation without predictions",
        explanation: "`finally.confirm` trains those members of the front to the end whose fitness is a prediction. \
            The estimator of this spec never predicts, so there is nothing to confirm.",
        bad: Part("estimator: {kind: never}\nfinally: {confirm: front}\n"),
        good: Part("estimator: {kind: penguin}\nfinally: {confirm: front}\n"),
    },
    CodeInfo {
        code: E0702,
        title: "a plan beyond what can be counted",
        explanation: "The number of trials, epochs or training images is above 2^53, more than any computer will \
            train.",
        bad: Part("search: {kind: random, networks: 9007199254740992}\n"),
        good: Part("search: {kind: random, networks: 20}\n"),
    },
];
