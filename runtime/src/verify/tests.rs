//! Runs whose journals were changed.
