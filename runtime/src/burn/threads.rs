//! Conformance of the trainer: the number of threads changes no bit of a curve, over whole networks whose batches are
//! large enough to be cut for several threads.

use peng_spec::arch::{ArchGraph, Op, Padding, PoolBy, Shape};

use super::fixtures::{Job, every_op};

/// Depthwise, dilated and oblong convolutions, strides, both pools with padding, rectifiers before convolutions, batch norms
/// without rectifier, and values that are read several times.
fn every_kernel() -> ArchGraph {
    let general = |filters, kernel, stride, dilation, groups| Op::GeneralConv {
        filters,
        kernel,
        stride: [stride; 2],
        dilation,
        groups,
        padding: Padding::Same,
        bias: false,
    };
    let pool = |by, stride| Op::Pool { by, kernel: 3, stride, padding: Padding::Same };
    let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: 8, width: 8 });
    let stem = Op::Conv { filters: 12, kernel: 3, stride: 1, padding: 1, bias: false };
    let stem = arch.push("stem", stem, []);
    let stem_norm = arch.push("stem.norm", Op::BatchNorm, [stem]);
    let relu = arch.push("relu", Op::Relu, [stem_norm]);
    let depthwise = arch.push("depthwise", general(12, [5, 5], 1, 1, 12), [relu]);
    let pointwise = Op::Conv { filters: 12, kernel: 1, stride: 1, padding: 0, bias: true };
    let pointwise = arch.push("pointwise", pointwise, [depthwise]);
    let norm = arch.push("norm", Op::BatchNorm, [pointwise]);
    let dilated = arch.push("dilated", general(12, [3, 3], 1, 2, 1), [stem_norm]);
    let oblong = arch.push("oblong", general(12, [1, 7], 1, 1, 1), [stem_norm]);
    let mean = arch.push("mean", pool(PoolBy::Mean, 1), [stem_norm]);
    let max = arch.push("max", pool(PoolBy::Max, 1), [norm]);
    let sum = arch.push("sum", Op::Add, [norm, mean, dilated]);
    let joined = arch.push("joined", Op::Concat, [sum, max, oblong, sum]);
    let narrow = Op::Conv { filters: 10, kernel: 3, stride: 2, padding: 1, bias: false };
    let narrow = arch.push("narrow", narrow, [joined]);
    let narrow_norm = arch.push("narrow.norm", Op::BatchNorm, [narrow]);
    let last = arch.push("last", Op::Relu, [narrow_norm]);
    let pooled = arch.push("pooled", Op::GlobalAvgPool, [last]);
    arch.push("head", Op::Linear { units: 10 }, [pooled]);
    arch
}

#[test]
fn the_number_of_threads_changes_no_bit_of_a_curve() {
    for arch in [every_kernel(), every_op()] {
        let change: fn(&mut peng_spec::plan::TrainingPlan) = |plan| plan.batch_size = 128;
        let job = Job { epochs: 2, limit: Some(300), halves: true, change, ..Job::digits(arch) };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| job.curve())
        };
        let alone = with(1);
        assert_eq!(alone.len(), 4);
        for threads in [2, 3] {
            assert_eq!(with(threads), alone, "{threads} threads");
        }
    }
}
