//! Curve families: the shapes that a learning curve is taken to have. A family is a file.

pub mod exp3;
pub mod published;
