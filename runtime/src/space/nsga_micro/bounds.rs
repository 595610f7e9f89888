//! The least and the most that a network of `nsga-micro` costs, exactly.

use peng_spec::arch::Cost;

use super::Layout;
use super::decode::decode;
use super::genome::Genes;
use super::operation::Operation;

/// The least and the most of each figure of the cost.
///
/// It is the cheapest to have one block that no other reads, since that makes the next cells narrow, and to pass on what is read as
/// it is: so the first block of the reduction cell, which has to reduce, pools. It is the dearest to read the two cells before
/// in all blocks: no block is read then, and in a reduction cell no operation on a smaller image costs more. Operations add up,
/// so that the dearest one is the same in all blocks of a cell, and that of one cell has nothing to do with that of the other.
pub(super) fn bounds(layout: &Layout) -> [Cost; 2] {
    let number = |operation: Operation| {
        Operation::ALL.iter().position(|&other| other == operation).unwrap_or_default() as u8
    };
    let (skip, pool) = (number(Operation::Skip), number(Operation::ALL[0]));
    // Each block reads the one before it.
    let chain = |first: u8| {
        let rest = (1..layout.blocks as u8).flat_map(|block| [skip, block + 1, skip, block + 1]);
        [first, 1, first, 1].into_iter().chain(rest)
    };
    let cost =
        |genes: Vec<u8>| decode(layout, &Genes(genes)).cost().expect("networks of the space have shapes");
    let least = cost(chain(skip).chain(chain(pool)).collect());

    let wide = |normal: u8, reduction: u8| {
        let cell = |operation: u8| [operation, 1, operation, 1].repeat(layout.blocks);
        cost([cell(normal), cell(reduction)].concat())
    };
    let base = wide(0, 0);
    let numbers = 0..Operation::ALL.len() as u8;
    let normal: Vec<Cost> = numbers.clone().map(|number| wide(number, 0)).collect();
    let reduction: Vec<Cost> = numbers.map(|number| wide(0, number)).collect();
    let most = |figure: fn(&Cost) -> u64| {
        let dearest = |costs: &[Cost]| costs.iter().map(figure).max().unwrap_or_default();
        dearest(&normal) + dearest(&reduction) - figure(&base)
    };
    let most = Cost {
        params: most(|cost| cost.params),
        flops: most(|cost| cost.flops),
        activation_bytes: most(|cost| cost.activation_bytes),
    };
    [least, most]
}
