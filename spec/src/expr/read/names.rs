//! Names in formulas: single values, elements of lists, and lists in one number.

use super::super::formula::{Fold, Form, Formula, Index};
use super::super::token::{Token, TokenKind};
use super::{Fault, FormulaError, Is, Part, Read, Reader, fault, syntax};
use crate::diag::{did_you_mean, only_one, quoted};

impl Reader<'_> {
    /// A value, such as `params`, `filters[i]`, `max(filters)` or `stem.filters`.
    pub(super) fn name(&mut self) -> Read<Part> {
        let first = self.cursor.take();
        if let Some(fold) = fold(first.text).filter(|_| self.cursor.peek().text == "(") {
            self.cursor.take();
            let list = self.cursor.take();
            if list.kind != TokenKind::Word {
                return Err(syntax(list, "a list", &self.lists()));
            }
            let name = self.known(list, list.end())?;
            if self.names[name].form == Form::Single {
                let message = format!("{} is one number, expected a list", quoted(list.text));
                let help = self.lists();
                return Err(fault(Fault::Meaning, list.at, list.end(), message, &help));
            }
            let help = format!("write `{}({})`, which is about the whole list", first.text, list.text);
            self.closes(")", &help)?;
            let dimension = self.names[name].dimension.filter(|_| fold != Fold::Count);
            let (at, end) = (first.at, self.cursor.taken());
            return Ok(Part { formula: Formula::Fold(fold, name), is: Is::Number(dimension), at, end });
        }
        let mut end = first.end();
        if self.cursor.peek().text == "." {
            self.cursor.take();
            let member = self.cursor.peek();
            if member.kind != TokenKind::Word {
                return Err(syntax(member, "a parameter's name", "write `block.parameter`"));
            }
            end = self.cursor.take().end();
        }
        let name = self.known(first, end)?;
        let is = Is::Number(self.names[name].dimension);
        let formula = match self.names[name].form {
            Form::Single => Formula::Value(name),
            Form::List => Formula::Element(name, self.index(first)?),
        };
        Ok(Part { formula, is, at: first.at, end: self.cursor.taken() })
    }

    /// `[3]`, `[i]` or `[i + 1]`, after a list.
    fn index(&mut self, list: Token<'_>) -> Read<Index> {
        let text = list.text;
        let help = format!("write `{text}[0]`, `{text}[i]` for each layer, or `max({text})`");
        if self.cursor.peek().text != "[" {
            let message = format!("`{text}` is a list, one number a layer; expected one of them");
            return Err(fault(Fault::Meaning, list.at, list.end(), message, &help));
        }
        self.cursor.take();
        let next = format!("write `{text}[i]`, or `{text}[i + 1]` for the layer after it");
        let whole = |token: Token<'_>| token.text.parse::<usize>().ok().filter(|&index| index < 10_000);
        let token = self.cursor.take();
        let index = if token.text == "i" {
            let further = if self.cursor.takes("+") {
                let token = self.cursor.take();
                whole(token).ok_or_else(|| syntax(token, "a whole number", &help))?
            } else {
                0
            };
            Index::Each(further)
        } else {
            Index::At(whole(token).ok_or_else(|| syntax(token, "`i` or a whole number", &help))?)
        };
        self.closes("]", &next)?;
        Ok(index)
    }

    fn lists(&self) -> String {
        let lists = self.names.iter().filter(|name| name.form == Form::List);
        let names: Vec<String> = lists.map(|name| format!("`{}`", name.name)).collect();
        if names.is_empty() {
            "there is no list here".to_owned()
        } else {
            format!("lists are {}", names.join(", "))
        }
    }

    fn known(&self, first: Token<'_>, end: usize) -> Read<usize> {
        let written = &self.cursor.text[first.at..end];
        // Blanks around a dot do not matter.
        let name: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(index) = self.names.iter().position(|known| known.name == name) {
            return Ok(index);
        }
        let names = || self.names.iter().map(|name| name.name.as_str());
        let listed: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        let guess = did_you_mean(&name, names()).map_or(String::new(), |guess| format!("{guess} "));
        let list = self.names.iter().find(|name| name.form == Form::List).filter(|_| fold(&name).is_some());
        let help = match (list, listed.len()) {
            (Some(list), _) => format!("write `{name}({})`", list.name),
            (None, 0) => "write numbers only; there are no names here".to_owned(),
            (None, _) => format!("{guess}the names here are {}", listed.join(", ")),
        };
        let error = fault(Fault::Meaning, first.at, end, format!("unknown name {}", quoted(&name)), &help);
        Err(FormulaError { instead: only_one(&name, names()).filter(|_| list.is_none()), ..error })
    }
}

fn fold(text: &str) -> Option<Fold> {
    match text {
        "min" => Some(Fold::Min),
        "max" => Some(Fold::Max),
        "sum" => Some(Fold::Sum),
        "count" => Some(Fold::Count),
        _ => None,
    }
}
