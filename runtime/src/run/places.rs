//! Who trains on which device at once: as many as its memory has room for.
//!
//! Which trainings run side by side depends on estimates and on what was measured of earlier ones; whether one fails does
//! not: it fails for want of memory only if it did so while it had a device for itself.

use std::collections::BTreeSet;

use peng_spec::plan::{Count, Plan};

use crate::event::{Bound, Slot, TrialId};
use crate::report::quantity;
use crate::train::{Need, OutOfMemory};

/// What was measured may be exceeded by the next training of its kind by so much.
const HEADROOM: f64 = 1.25;

/// The devices of a run, and what is known of the memory of trainings.
pub(super) struct Places {
    devices: usize,
    slots: usize,
    /// Bytes that trainings may hold on a device at once.
    memory: Option<u64>,
    /// Whether a device has one training until the memory of one was measured.
    grows: bool,
    /// The most that a training held, as a multiple of what it was likely to.
    measured: Option<f64>,
    /// Trials that wait for a device of their own.
    alone: BTreeSet<TrialId>,
}

/// What a training has of its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes that it may hold; `None`: what is there.
    pub(super) memory: Option<u64>,
    /// Whether no other is there.
    pub(super) alone: bool,
}

impl Places {
    pub(super) fn new(plan: &Plan, bound: &Bound, slots: usize) -> Self {
        let on_cards = !bound.adapters.is_empty();
        Self {
            devices: bound.adapters.len().max(1),
            slots,
            memory: bound.memory,
            grows: on_cards && plan.execution.workers == Count::Auto,
            measured: None,
            alone: BTreeSet::new(),
        }
    }

    /// The room for a trial on the device of a slot, beside those that are there; `None`: there is none now.
    ///
    /// With `others` empty there always is.
    pub(super) fn room<'a>(
        &self,
        slot: Slot,
        trial: TrialId,
        need: Need,
        others: impl Iterator<Item = (&'a Slot, &'a Room)>,
    ) -> Option<Room> {
        let here = |other: &Slot| other.0 % self.devices == slot.0 % self.devices;
        let others: Vec<Room> = others.filter(|(other, _)| here(other)).map(|(_, room)| *room).collect();
        let alone = others.is_empty().then_some(Room { memory: self.memory, alone: true });
        if self.alone.contains(&trial) || others.iter().any(|other| other.alone) {
            return alone;
        }
        let Some(memory) = self.memory else { return Some(Room { memory: None, alone: false }) };
        let wanted = self.wanted(need, memory);
        if wanted >= memory {
            return alone;
        }
        let taken: u64 = others.iter().filter_map(|other| other.memory).sum();
        (wanted <= memory.saturating_sub(taken)).then_some(Room { memory: Some(wanted), alone: false })
    }

    /// Bytes that a training is given room for.
    fn wanted(&self, need: Need, memory: u64) -> u64 {
        let share = if self.grows { 0 } else { memory / self.slots.div_ceil(self.devices) as u64 };
        let likely = match self.measured {
            Some(factor) => (need.bytes() as f64 * factor * HEADROOM) as u64,
            None if self.grows => memory,
            None => need.bytes(),
        };
        likely.max(share)
    }

    /// Takes in what a training has held.
    pub(super) fn measured(&mut self, need: Need, held: u64) {
        let factor = held as f64 / need.bytes().max(1) as f64;
        self.measured = Some(self.measured.map_or(factor, |most| most.max(factor)));
    }

    /// A training ran out of memory in its room: the cause of its failure; `None`: it is given a device for itself.
    pub(super) fn out_of_memory(
        &mut self,
        trial: TrialId,
        need: Need,
        room: Room,
        out_of_memory: OutOfMemory,
    ) -> Option<String> {
        if !room.alone {
            self.alone.insert(trial);
            return None;
        }
        let batches = format!("batches of {}", need.batch_size);
        Some(match self.memory {
            None => format!("out of memory: {batches} do not fit on the device, whose memory is not known"),
            Some(memory) => {
                let by = if out_of_memory.held.is_some() {
                    "by what it held"
                } else {
                    "as estimated from its layers"
                };
                let fitting = need.fitting(memory, out_of_memory).map_or_else(
                    || "no batch would have".to_owned(),
                    |batch| format!("batches of {batch} would have"),
                );
                format!(
                    "out of memory: {batches} do not fit into {}; {fitting}, {by}",
                    quantity::bytes(memory)
                )
            }
        })
    }
}

/// Workers on each device if the spec leaves it to the machine.
///
/// On cards at most four: more processes would but take turns. Without the memory of a card nobody knows how many fit.
pub fn workers(plan: &Plan, bound: &Bound, cores: usize) -> usize {
    let devices = bound.adapters.len().max(1);
    match plan.execution.workers {
        Count::Exactly(workers) => workers,
        Count::PerDevice(workers) => workers * devices,
        Count::Auto if bound.adapters.is_empty() => cores,
        Count::Auto if bound.memory.is_none() => devices,
        Count::Auto => devices * (cores / devices).clamp(1, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    const NEED: Need = Need { fixed: 0, per_example: 10, batch_size: 10 };

    fn places(workers: Count, cards: usize, memory: Option<u64>, slots: usize) -> Places {
        let mut plan = samples::plan();
        plan.execution.workers = workers;
        let bound = Bound { adapters: vec!["card".to_owned(); cards], memory, ..Bound::default() };
        Places::new(&plan, &bound, slots)
    }

    /// The rooms of trials that are handed out one after another to these slots.
    fn rooms(places: &Places, slots: &[usize], need: Need) -> Vec<Option<Room>> {
        let mut taken: Vec<(Slot, Room)> = Vec::new();
        let mut rooms = Vec::new();
        for (trial, &slot) in slots.iter().enumerate() {
            let others = taken.iter().map(|(slot, room)| (slot, room));
            let room = places.room(Slot(slot), TrialId(trial as u32), need, others);
            taken.extend(room.map(|room| (Slot(slot), room)));
            rooms.push(room);
        }
        rooms
    }

    fn memory(rooms: &[Option<Room>]) -> Vec<Option<u64>> {
        rooms.iter().map(|room| room.and_then(|room| room.memory)).collect()
    }

    #[test]
    fn without_a_known_memory_every_slot_is_used() {
        let places = places(Count::Exactly(3), 0, None, 3);
        assert_eq!(rooms(&places, &[0, 1, 2], NEED), [Some(Room { memory: None, alone: false }); 3]);
    }

    #[test]
    fn a_slot_has_its_share_and_more_while_there_is_room() {
        let places = places(Count::PerDevice(4), 1, Some(1000), 4);
        assert_eq!(memory(&rooms(&places, &[0, 1, 2, 3], NEED)), [Some(250); 4]);
        // Two that need 400 each leave no room for a third.
        let large = Need { batch_size: 40, ..NEED };
        assert_eq!(memory(&rooms(&places, &[0, 1, 2], large)), [Some(400), Some(400), None]);
        // One that needs more than there is has the device for itself, to fail there.
        let huge = Need { batch_size: 1000, ..NEED };
        assert_eq!(rooms(&places, &[0, 1], huge), [Some(Room { memory: Some(1000), alone: true }), None]);
    }

    #[test]
    fn auto_begins_with_one_a_device_and_grows_as_what_was_measured_allows() {
        let mut places = places(Count::Auto, 2, Some(1000), 8);
        let alone = Some(Room { memory: Some(1000), alone: true });
        assert_eq!(rooms(&places, &[0, 1, 2, 3], NEED), [alone, alone, None, None]);
        // Twice what it needs, and a quarter more: 250 each.
        places.measured(NEED, 200);
        places.measured(NEED, 150);
        assert_eq!(
            memory(&rooms(&places, &[0, 2, 4, 6, 8], NEED)),
            [Some(250), Some(250), Some(250), Some(250), None]
        );
    }

    #[test]
    fn who_runs_out_of_memory_beside_others_is_tried_alone_before_it_fails() {
        let mut places = places(Count::Exactly(2), 0, Some(1 << 20), 2);
        let trial = TrialId(0);
        let [first, _] = rooms(&places, &[0, 1], NEED)[..] else { unreachable!() };
        let held = OutOfMemory { held: Some(600 << 10) };
        let need = Need { fixed: 0, per_example: 1000, batch_size: 512 };
        assert_eq!(places.out_of_memory(trial, need, first.unwrap(), held), None);
        let beside = [(Slot(1), Room { memory: Some(1), alone: false })];
        let others = || beside.iter().map(|(slot, room)| (slot, room));
        assert_eq!(places.room(Slot(0), trial, NEED, others()), None);
        let alone = places.room(Slot(0), trial, NEED, std::iter::empty()).unwrap();
        let held = OutOfMemory { held: Some(3 << 20) };
        assert_eq!(
            places.out_of_memory(trial, need, alone, held).unwrap(),
            "out of memory: batches of 512 do not fit into 1 MiB; batches of 128 would have, by what it held"
        );
        assert_eq!(
            places
                .out_of_memory(trial, Need { fixed: 2 << 20, ..need }, alone, OutOfMemory { held: None })
                .unwrap(),
            "out of memory: batches of 512 do not fit into 1 MiB; no batch would have, as estimated from its layers"
        );
    }

    #[test]
    fn the_machine_decides_how_many_workers_auto_is() {
        let number = |count: Count, cards: usize, memory: Option<u64>| {
            let mut plan = samples::plan();
            plan.execution.workers = count;
            let bound = Bound { adapters: vec!["card".to_owned(); cards], memory, ..Bound::default() };
            workers(&plan, &bound, 6)
        };
        assert_eq!([number(Count::Auto, 0, None), number(Count::Auto, 0, Some(1))], [6, 6]);
        assert_eq!([number(Count::Auto, 1, None), number(Count::Auto, 1, Some(1))], [1, 4]);
        assert_eq!([number(Count::Auto, 2, Some(1)), number(Count::Auto, 8, Some(1))], [6, 8]);
        assert_eq!([number(Count::PerDevice(4), 0, None), number(Count::PerDevice(4), 2, None)], [4, 8]);
    }
}
