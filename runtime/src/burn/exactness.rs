//! What a curve does not depend on: threads, and how often it is looked at.

use peng_spec::plan::{Augmentation, Metric};

use super::fixtures::{Job, every_op, small_net};
use super::regression;
use crate::train::Measurement;

/// Images are augmented in every way; a regression is mixed.
fn jobs() -> [Job; 3] {
    let augment = vec![
        Augmentation::RandomCrop { pixels: 1 },
        Augmentation::VerticalFlip,
        Augmentation::Cutout { pixels: 2 },
        Augmentation::Mixup { alpha: 0.4 },
    ];
    let digits = |arch| Job { epochs: 2, limit: Some(100), ..Job::digits(arch) };
    [
        digits(every_op()),
        Job { augment, halves: true, ..digits(small_net()) },
        Job { epochs: 2, augment: vec![Augmentation::Mixup { alpha: 0.4 }], ..regression::job(3.0) },
    ]
}

#[test]
fn curves_are_the_same_at_any_number_of_threads() {
    for job in jobs() {
        let with = |threads: usize| -> Vec<Measurement> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| job.curve())
        };
        let one = with(1);
        for threads in [2, 3] {
            assert_eq!(with(threads), one);
        }
    }
}

#[test]
fn a_network_that_is_measured_more_often_is_the_same() {
    for job in jobs() {
        let often = Job { halves: true, ..job.clone() }.curve();
        let seldom = Job { halves: false, ..job }.curve();
        let of_validation = |measured: &Measurement| -> Vec<(Metric, f64)> {
            let metrics = measured.metrics.iter().map(|(&metric, &value)| (metric, value));
            metrics.filter(|(metric, _)| metric.name().starts_with("val_")).collect()
        };
        for (epoch, measured) in seldom.iter().enumerate() {
            assert_eq!(of_validation(measured), of_validation(&often[2 * epoch + 1]));
        }
    }
}
