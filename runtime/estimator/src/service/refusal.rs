//! Why a request is refused: a stable code for programs and a message for people. A refused request changes nothing.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::curve::CurveError;
use crate::extended::Shown;
use crate::progress::{Progress, ProgressError};

/// The most characters of a client's text that a message repeats.
const MOST_REPEATED: usize = 300;

/// A client's text as a message repeats it.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_REPEATED) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Why a request is refused. Texts of a client are cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum Refusal {
    /// The line is longer than [`MAX_LINE`](super::MAX_LINE).
    #[error("the line is longer than {limit} bytes")]
    TooLong {
        /// The most bytes that a line may have.
        limit: usize,
    },
    /// No line of `restore` could hold the snapshot.
    #[error(
        "to `restore` this snapshot takes a line of {bytes} bytes, and at most {limit} are read; `forget` runs that have ended"
    )]
    SnapshotTooLong {
        /// How long it would be.
        bytes: usize,
        /// The most bytes that a line may have.
        limit: usize,
    },
    /// The line is no text.
    #[error("the line is not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// How many of its first bytes are.
        valid_up_to: usize,
    },
    /// The line is no JSON.
    #[error("the line is no JSON: {reason}")]
    NotJson {
        /// What the parser says.
        reason: String,
    },
    /// A field is missing, unknown or of the wrong type.
    #[error("{reason}")]
    BadRequest {
        /// What the decoder says.
        reason: String,
    },
    /// No operation has that name.
    #[error("unknown op `{op}`; expected one of `observe`, `finish`, `forget`, `snapshot`, `restore`")]
    UnknownOp {
        /// As given, cut.
        op: String,
    },
    /// A number of epochs that is none.
    #[error("`{field}`: {source}")]
    BadEpoch {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: ProgressError,
    },
    /// The first observation does not say how many epochs are planned.
    #[error("the first observation of run `{run}` plans {found}; expected `planned` epochs, more than 0")]
    PlannedMissing {
        /// The run.
        run: String,
        /// What it says instead.
        found: &'static str,
    },
    /// A later observation plans otherwise.
    #[error("run `{run}` plans {planned} epochs since its first observation; found {found}")]
    PlannedChanged {
        /// The run.
        run: String,
        /// As first given.
        planned: Progress,
        /// As given now.
        found: Progress,
    },
    /// A later observation has other covariates.
    #[error("the covariates of run `{run}` are those of its first observation; found others")]
    CovariatesChanged {
        /// The run.
        run: String,
    },
    /// The predicted metric, or one that the estimator needs, is not there.
    #[error("no metric `{metric}` at epoch {epoch} of run `{run}`; found {found}")]
    MetricMissing {
        /// The run.
        run: String,
        /// The epoch.
        epoch: Progress,
        /// The metric that is missing.
        metric: String,
        /// Those that are there, in words.
        found: String,
    },
    /// The value is no percentage, as which it would count only because nobody said otherwise.
    #[error(
        "`{metric}` of run `{run}` is {}, and without a scale it counts as a percentage, 0 to 100; start again with `--scale none` \
         if it has no bounds, with `--scale percent` if what lies outside is 0 or 100, or with the scale that it has",
        Shown(.value)
    )]
    OffScale {
        /// The run.
        run: String,
        /// The metric.
        metric: String,
        /// Its value.
        value: f64,
    },
    /// The epoch lies before the last one.
    #[error("run `{run}`: {source}")]
    EpochOrder {
        /// The run.
        run: String,
        /// The two epochs.
        source: CurveError,
    },
    /// The epoch was observed before, with another value.
    #[error("`{metric}` of run `{run}` was {before} at epoch {epoch}; found {}", Shown(.found))]
    EpochChanged {
        /// The run.
        run: String,
        /// The epoch.
        epoch: Progress,
        /// The metric.
        metric: String,
        /// Its value as observed before, in words.
        before: String,
        /// Its value now.
        found: f64,
    },
    /// No run has that name.
    #[error("no run `{run}` has been observed")]
    UnknownRun {
        /// The name.
        run: String,
    },
    /// The run has ended with another value, or goes on after it has finished.
    #[error("run `{run}` has finished with {}; `forget` it before the name is used again", Shown(.value))]
    RunFinished {
        /// The run.
        run: String,
        /// The value with which it finished.
        value: f64,
    },
    /// The state is not one of this service, or of another version of it.
    #[error("{found}; expected a state of format `{expected}`")]
    ForeignState {
        /// What it is instead.
        found: String,
        /// The format that is read.
        expected: &'static str,
    },
    /// The state is not as it was written.
    #[error("the state was altered since its snapshot: {reason}")]
    AlteredState {
        /// How that shows.
        reason: String,
    },
    /// The state is of a service that was started otherwise.
    #[error("the state is of a service with {field} {found}; this one has {expected}")]
    OtherSetup {
        /// In what they differ.
        field: &'static str,
        /// As the state has it.
        found: String,
        /// As this service has it.
        expected: String,
    },
}

impl Refusal {
    /// The code, which never changes.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Refusal::TooLong { .. } => "too_long",
            Refusal::SnapshotTooLong { .. } => "snapshot_too_long",
            Refusal::NotUtf8 { .. } => "not_utf8",
            Refusal::NotJson { .. } => "not_json",
            Refusal::BadRequest { .. } => "bad_request",
            Refusal::UnknownOp { .. } => "unknown_op",
            Refusal::BadEpoch { .. } => "bad_epoch",
            Refusal::PlannedMissing { .. } => "planned_missing",
            Refusal::PlannedChanged { .. } => "planned_changed",
            Refusal::CovariatesChanged { .. } => "covariates_changed",
            Refusal::MetricMissing { .. } => "metric_missing",
            Refusal::OffScale { .. } => "off_scale",
            Refusal::EpochOrder { .. } => "epoch_order",
            Refusal::EpochChanged { .. } => "epoch_changed",
            Refusal::UnknownRun { .. } => "unknown_run",
            Refusal::RunFinished { .. } => "run_finished",
            Refusal::ForeignState { .. } => "foreign_state",
            Refusal::AlteredState { .. } => "altered_state",
            Refusal::OtherSetup { .. } => "other_setup",
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Refusal", 2)?;
        fields.serialize_field("code", self.code())?;
        fields.serialize_field("message", &self.to_string())?;
        fields.end()
    }
}
