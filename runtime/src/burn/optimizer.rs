//! The optimizer of a plan: burn's, with the formulas of `PyTorch` (2.x, `torch.optim`), and which parameters decay.
//!
//! `sgd`: `d = g + decay w`, `v = momentum v + d`, `w -= rate v`, with Nesterov `w -= rate (d + momentum v)`; no dampening,
//! which burn's default has. `adam` and `adamw` are those of the papers, with bias correction.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{Adam, AdamConfig, AdamW, AdamWConfig, ModuleOptimizer, Optimizer, Sgd, SgdConfig};
use burn::tensor::Tensor;
use peng_spec::plan::{Decayed, OptimizerPlan};

use super::network::Network;

/// The optimizer for a network, whose parameters must have the names that they have in training.
pub(super) fn optimizer(plan: &OptimizerPlan, network: &Network) -> ModuleOptimizer {
    match plan {
        OptimizerPlan::Sgd { lr: _, momentum, nesterov, weight_decay, decayed } => {
            let momentum = (*momentum != 0.0).then_some(MomentumConfig {
                momentum: *momentum,
                dampening: 0.0,
                nesterov: *nesterov,
            });
            let make = |decay: f64| -> Sgd {
                SgdConfig::new().with_momentum(momentum.clone()).with_weight_decay(penalty(decay)).build()
            };
            decaying(make, *weight_decay, *decayed, network)
        }
        OptimizerPlan::Adam(plan) => {
            let make = |decay: f64| -> Adam {
                AdamConfig::new()
                    .with_beta_1(plan.beta1 as f32)
                    .with_beta_2(plan.beta2 as f32)
                    .with_epsilon(plan.epsilon as f32)
                    .with_weight_decay(penalty(decay))
                    .build()
            };
            decaying(make, plan.weight_decay, plan.decayed, network)
        }
        OptimizerPlan::AdamW(plan) => {
            let make = |decay: f64| -> AdamW {
                AdamWConfig::new()
                    .with_beta_1(plan.beta1 as f32)
                    .with_beta_2(plan.beta2 as f32)
                    .with_epsilon(plan.epsilon as f32)
                    .with_weight_decay(decay as f32)
                    .build()
            };
            decaying(make, plan.weight_decay, plan.decayed, network)
        }
    }
}

/// What `make` makes of a weight decay, without it for the parameters that do not decay.
fn decaying<O: Optimizer + 'static>(
    make: impl Fn(f64) -> O,
    decay: f64,
    decayed: Decayed,
    network: &Network,
) -> ModuleOptimizer {
    let all = ModuleOptimizer::from(make(decay));
    match decayed {
        Decayed::All => all,
        Decayed::Weights => all.with_group(flat(network), make(0.0), None),
    }
}

fn penalty(decay: f64) -> Option<WeightDecayConfig> {
    (decay != 0.0).then_some(WeightDecayConfig { penalty: decay as f32 })
}

/// Parameters of one dimension: biases, and what batch norm has.
fn flat(network: &Network) -> ParamGroup {
    struct Flat(Vec<ParamId>);
    impl ModuleVisitor for Flat {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if D == 1 {
                self.0.push(param.id);
            }
        }
    }
    let mut found = Flat(Vec::new());
    network.visit(&mut found);
    ParamGroup::from_ids(found.0)
}
