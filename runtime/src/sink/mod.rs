//! What watches a run: it sees each event after the state has taken it in.

use crate::event::Event;
use crate::state::RunState;

/// Something that watches a run.
pub trait Sink: Send {
    /// Its name, for warnings.
    fn name(&self) -> &'static str;
    /// The next event, and the state after it.
    fn accept(&mut self, event: &Event, state: &RunState) -> Result<(), SinkError>;
}

/// Why a sink gives up. The run goes on without it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);
