//! The sum of values of one shape: what ends a residual skip.

use burn::module::Module;

use super::Value;

/// [`peng_spec::arch::Op::Add`]
#[derive(Module, Debug)]
pub(in crate::burn) struct Add;

impl Add {
    /// The sum, in the order of the inputs.
    pub(super) fn forward(inputs: Vec<Value>) -> Value {
        let sum = inputs.into_iter().reduce(|sum, input| match sum {
            Value::Vector(x) => Value::Vector(x + input.vector()),
            x => Value::Image(peng_ops::add(x.image(), input.image())),
        });
        sum.expect("every node reads something")
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;

    #[test]
    fn every_input_counts() {
        let of = |value: f32| Value::Vector(Tensor::from_data([[value, 1.0]], &Device::flex()));
        let sum = Add::forward(vec![of(1.0), of(2.0), of(4.0)]).vector();
        assert_eq!(sum.to_data().try_to_vec::<f32>().unwrap(), [7.0, 3.0]);
    }
}
