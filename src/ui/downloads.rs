//! What a person sees of downloads: a bar on a terminal, elsewhere a line for each thing that happens.

use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use peng_runtime::data::fetch::{Told, Watcher};
use peng_runtime::report::quantity::magnitude;
use peng_runtime::run::CancelFlag;

use super::progress::ProgressMode;

/// Downloads on the error stream.
pub(crate) struct Downloads {
    form: Form,
    bar: ProgressBar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bars,
    Lines,
    Nothing,
}

impl Downloads {
    /// In the form of the run's progress; the events of a run are not about what comes before it.
    pub(crate) fn new(mode: ProgressMode) -> Self {
        let form = match mode {
            ProgressMode::None => Form::Nothing,
            ProgressMode::Bars => Form::Bars,
            ProgressMode::Auto | ProgressMode::Json if std::io::stderr().is_terminal() => Form::Bars,
            ProgressMode::Lines | ProgressMode::Auto | ProgressMode::Json => Form::Lines,
        };
        Self { form, bar: ProgressBar::hidden() }
    }

    /// Until a user asks to stop.
    pub(crate) fn until<'a>(&'a mut self, cancel: &'a CancelFlag) -> Watched<'a> {
        Watched { downloads: self, cancel }
    }

    fn show(&mut self, what: &Told<'_>) {
        if self.form == Form::Nothing {
            return;
        }
        match *what {
            Told::Begun { name, bytes, have, .. } if self.form == Form::Bars => {
                let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
                let style = "{prefix:.bold} [{bar:30.cyan/dim}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
                bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
                bar.set_prefix(name.to_owned());
                bar.set_position(have);
                bar.reset_eta();
                self.bar.finish_and_clear();
                self.bar = bar;
            }
            Told::Came { have } => self.bar.set_position(have),
            _ => {}
        }
        if matches!(what, Told::Finished { .. }) {
            self.bar.finish_and_clear();
        }
        if let Some(line) = line(what) {
            self.bar.suspend(|| {
                // What cannot be told is no reason to stop.
                let _ = writeln!(std::io::stderr(), "{line}");
            });
        }
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Downloads that a user may stop.
pub(crate) struct Watched<'a> {
    downloads: &'a mut Downloads,
    cancel: &'a CancelFlag,
}

impl Watcher for Watched<'_> {
    fn told(&mut self, what: Told<'_>) {
        self.downloads.show(&what);
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_set()
    }
}

/// What is worth a line.
fn line(what: &Told<'_>) -> Option<String> {
    match *what {
        Told::Waiting => Some("waiting for another run, which downloads the same data".to_owned()),
        Told::Begun { name, address, bytes, have: 0 } => {
            Some(format!("downloading {name} ({}) from {address}", size(bytes)))
        }
        Told::Begun { name, address, bytes, have } => {
            Some(format!("downloading {name} ({} of {} are there) from {address}", size(have), size(bytes)))
        }
        Told::Came { .. } => None,
        Told::Again { reason, pause } if pause.is_zero() => Some(format!("{reason}; trying again")),
        Told::Again { reason, pause } => Some(format!("{reason}; trying again in {} s", pause.as_secs())),
        Told::Finished { name } => Some(format!("{name} is there, its SHA-256 is right")),
    }
}

fn size(bytes: u64) -> String {
    let text = magnitude(bytes as f64);
    if text.contains(' ') { format!("{text}B") } else { format!("{text} B") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_say_what_happens() {
        let address = "http://host/a.gz";
        let lines = [
            Told::Begun { name: "a.gz", address, bytes: 170_052_171, have: 0 },
            Told::Begun { name: "a.gz", address, bytes: 5148, have: 12 },
            Told::Came { have: 13 },
            Told::Again { reason: "the server answered 503", pause: Duration::from_secs(2) },
            Told::Finished { name: "a.gz" },
        ]
        .map(|what| line(&what).unwrap_or_default());
        assert_eq!(
            lines,
            [
                "downloading a.gz (170 MB) from http://host/a.gz",
                "downloading a.gz (12 B of 5.15 kB are there) from http://host/a.gz",
                "",
                "the server answered 503; trying again in 2 s",
                "a.gz is there, its SHA-256 is right",
            ]
        );
    }
}
