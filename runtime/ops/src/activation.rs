//! What is applied to each float that an operation makes.

/// A function of a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The float itself.
    Identity,
    /// 0 below 0.
    Relu,
}
