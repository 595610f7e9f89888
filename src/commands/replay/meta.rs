//! `meta.csv`, a row a run: which population a run belongs to, and what was known of it before its training.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use peng_spec::diag::{did_you_mean, one_of};

use crate::commands::curves::{Record, number};
use crate::commands::rows::Rows;
use crate::failure::{Exit, Failure};

/// The file that lies next to the curves.
pub(super) const META: &str = "meta.csv";

/// What `meta.csv` says of a run.
#[derive(Debug, Default, Clone)]
pub(super) struct Facts {
    /// The value of the column by which runs are grouped.
    pub(super) group: Option<String>,
    /// Numbers that are known before a training.
    pub(super) covariates: BTreeMap<String, f64>,
}

/// What is asked of `meta.csv`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The first of these columns that there is says which population a run belongs to.
    pub(super) groups: &'a [String],
    /// Columns of numbers, as far as there are such.
    pub(super) covariates: &'a [String],
}

impl Wanted<'_> {
    /// Nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.covariates.is_empty()
    }
}

/// Reads the `meta.csv` next to the curves; facts by run.
pub(super) fn read(record: &Record, wanted: Wanted<'_>) -> Result<HashMap<String, Facts>, Failure> {
    let file = file(record)?;
    let mut rows = Rows::open(&file, ["run_id"])?;
    let known = |names: &'_ [String]| {
        let places = names.iter().map(|name| Ok(rows.column(name)?.map(|place| (name.clone(), place))));
        places.filter_map(Result::transpose).collect::<Result<Vec<_>, Failure>>()
    };
    let group = known(wanted.groups)?.first().map(|(_, place)| *place);
    if group.is_none() && !wanted.groups.is_empty() {
        let columns: Vec<String> = rows.header.iter().map(str::to_owned).collect();
        return Err(unknown(&format!("`{}`", file.display()), &wanted.groups[0], &columns));
    }
    let covariates = known(wanted.covariates)?;
    let mut facts: HashMap<String, Facts> = HashMap::new();
    while rows.step()? {
        let [run] = rows.values();
        if !record.knows(run) {
            return Err(
                rows.fail(format!("unknown run `{run}`; `{}` has no curve of it", record.file.display()))
            );
        }
        let mut own = Facts { group: group.map(|column| rows.at(column).to_owned()), ..Facts::default() };
        for (name, column) in &covariates {
            let text = rows.at(*column).trim();
            if text.is_empty() {
                continue;
            }
            let number = match text {
                "True" | "true" => Some(1.0),
                "False" | "false" => Some(0.0),
                text => number(text).ok().filter(|number| number.is_finite()),
            };
            let number = number.ok_or_else(|| {
                rows.fail(format!("`{name}` is `{text}`, expected a finite number"))
                    .help("name columns of numbers, with nothing where one is unknown")
            })?;
            own.covariates.insert(name.clone(), number);
        }
        if facts.insert(run.to_owned(), own).is_some() {
            return Err(rows.fail(format!("run `{run}` occurs twice")));
        }
    }
    Ok(facts)
}

/// The columns of the `meta.csv` next to the curves; none if nothing is asked of it.
pub(super) fn columns(record: &Record, wanted: Wanted<'_>) -> Result<Vec<String>, Failure> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Rows::open(&file(record)?, ["run_id"])?;
    Ok(rows.header.iter().map(str::to_owned).collect())
}

fn file(record: &Record) -> Result<PathBuf, Failure> {
    let file = record.folder.join(META);
    if file.is_file() {
        return Ok(file);
    }
    let message = format!("there is no `{}`, a row a run", file.display());
    Err(Failure::new(Exit::Environment, message).help("leave out `--group-by` and `--covariates`"))
}

/// A column that is asked for and not there.
pub(super) fn unknown(place: &str, name: &str, columns: &[String]) -> Failure {
    let names = || columns.iter().map(String::as_str).filter(|name| *name != "run_id");
    let help = did_you_mean(name, names()).unwrap_or_else(|| one_of(names()));
    Failure::new(Exit::Usage, format!("{place} has no column `{name}`")).help(help)
}
