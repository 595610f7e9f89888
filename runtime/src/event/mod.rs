//! Events: what a run did, in one order. The journal holds the durable ones; all else is derived from it.

mod ids;
mod kind;
pub(crate) mod metrics;
mod outcome;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use ids::{Slot, TrialId};
pub use kind::{Durability, EventKind};
pub use outcome::{Bound, Purpose, RunEnd, TrialOutcome, copied};

/// The version of the events that this crate reads and writes.
pub const EVENT_FORMAT: &str = "peng.event/2";

/// Something that happened, with its place in the order of the run. Only the coordinator makes events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number, from 0, without gaps in the journal; an ephemeral event has the number of the next durable one.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}
