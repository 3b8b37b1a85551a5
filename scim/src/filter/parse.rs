//! The grammar of filters and PATCH paths: recursive descent, bounded by [`MAX_DEPTH`].
//!
//! One grammar serves both, since a PATCH path is an attribute path with a filter inside.

use serde_json::Value;

use super::{CompareOp, Filter, Literal, MAX_DEPTH, MAX_LENGTH, MAX_TERMS};
use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::path::{AttrPath, PatchPath, is_name};

/// Reads a filter, tolerating what identity providers write.
///
/// # Errors
/// `invalidFilter`, also beyond the limits [`MAX_LENGTH`], [`MAX_DEPTH`] and [`MAX_TERMS`].
pub fn parse(text: &str) -> Result<Filter, Error> {
    read(text, Mode::Tolerant).map(|accepted| accepted.value)
}

/// Reads a filter and says what was tolerated.
pub(crate) fn read(text: &str, mode: Mode) -> Result<Accepted<Filter>, Error> {
    let mut notes = Notes::new(mode);
    let mut parser = Parser::new(text, &mut notes)?;
    let filter = parser.disjunction()?;
    parser.end()?;
    Ok(notes.accept(filter))
}

/// Reads the path of a PATCH operation.
pub(crate) fn read_patch_path(text: &str, notes: &mut Notes) -> Result<PatchPath, Error> {
    let malformed = || Error::invalid_path(format!("{} is not a PATCH path.", shown(text)));
    let Some((attribute, _)) = text.split_once('[') else {
        return AttrPath::parse(text).map(PatchPath::whole);
    };
    let attr = AttrPath::parse(attribute)?;
    if attr.sub.is_some() {
        return Err(malformed());
    }
    let mut parser = Parser::new(text, notes)?;
    parser.at = attribute.len();
    let value_filter = Some(parser.brackets()?);
    let sub = parser.sub_attribute()?;
    parser.end().map_err(|_| malformed())?;
    Ok(PatchPath { attr, value_filter, sub })
}

struct Parser<'a> {
    text: &'a str,
    /// Where the next character is, in bytes.
    at: usize,
    depth: usize,
    in_brackets: bool,
    terms: usize,
    notes: &'a mut Notes,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, notes: &'a mut Notes) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(Error::invalid_filter(format!(
                "The filter is longer than {MAX_LENGTH} bytes; ask for less at a time."
            )));
        }
        Ok(Self { text, at: 0, depth: 0, in_brackets: false, terms: 0, notes })
    }

    /// `term *( "or" term )`.
    fn disjunction(&mut self) -> Result<Filter, Error> {
        let mut terms = vec![self.conjunction()?];
        while self.keyword("or") {
            terms.push(self.conjunction()?);
        }
        Ok(one_or(terms, Filter::Or))
    }

    /// `factor *( "and" factor )`. `and` binds tighter than `or`.
    fn conjunction(&mut self) -> Result<Filter, Error> {
        let mut terms = vec![self.factor()?];
        while self.keyword("and") {
            terms.push(self.factor()?);
        }
        Ok(one_or(terms, Filter::And))
    }

    /// `"not" "(" filter ")"`, `"(" filter ")"` or a comparison.
    fn factor(&mut self) -> Result<Filter, Error> {
        self.skip_spaces();
        if self.negation() {
            return Ok(Filter::Not(Box::new(self.group()?)));
        }
        if self.rest().starts_with('(') {
            return self.group();
        }
        self.comparison()
    }

    fn group(&mut self) -> Result<Filter, Error> {
        self.nested('(', ')')
    }

    /// `"[" filter "]"`, whose paths are names of sub-attributes; it holds no brackets itself.
    fn brackets(&mut self) -> Result<Filter, Error> {
        if self.in_brackets {
            return Err(self.expected("an operator such as eq"));
        }
        self.in_brackets = true;
        let inner = self.nested('[', ']')?;
        self.in_brackets = false;
        Ok(inner)
    }

    fn nested(&mut self, open: char, close: char) -> Result<Filter, Error> {
        self.expect(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::invalid_filter(format!(
                "The filter is nested more than {MAX_DEPTH} levels deep."
            )));
        }
        let inner = self.disjunction()?;
        self.expect(close)?;
        self.depth -= 1;
        Ok(inner)
    }

    /// `path "pr"`, `path op value`, `path "[" filter "]"` or Entra's `path "[" filter "]." name op value`.
    fn comparison(&mut self) -> Result<Filter, Error> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(Error::invalid_filter(format!("The filter has more than {MAX_TERMS} comparisons.")));
        }
        let path = self.attribute_path()?;
        if !self.rest().starts_with('[') {
            return self.operator_and_value(path);
        }
        let inner = self.brackets()?;
        let Some(name) = self.sub_attribute()? else {
            return Ok(Filter::ValuePath { path, filter: Box::new(inner) });
        };
        // Entra, matching attribute `emails[type eq "work"].value`.
        self.tolerate(Deviation::ValuePathFilter, "nothing after the closing bracket")?;
        let outer = self.operator_and_value(AttrPath::of(&name))?;
        Ok(Filter::ValuePath { path, filter: Box::new(both(inner, outer)) })
    }

    fn attribute_path(&mut self) -> Result<AttrPath, Error> {
        let start = self.at;
        let word = self.take_until(|c| c.is_whitespace() || "[]()\"".contains(c));
        AttrPath::parse(word).map_err(|_| self.expected_at(start, "an attribute such as userName"))
    }

    /// `"." name`, if there.
    fn sub_attribute(&mut self) -> Result<Option<String>, Error> {
        if !self.rest().starts_with('.') {
            return Ok(None);
        }
        self.at += 1;
        let start = self.at;
        let name = self.take_until(|c| c.is_whitespace() || "[]()\"".contains(c));
        if is_name(name) {
            Ok(Some(name.to_owned()))
        } else {
            Err(self.expected_at(start, "a sub-attribute"))
        }
    }

    fn operator_and_value(&mut self, path: AttrPath) -> Result<Filter, Error> {
        self.skip_spaces();
        let start = self.at;
        let word = self.take_until(|c| !c.is_ascii_alphabetic());
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let op = CompareOp::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word));
        let op = op.ok_or_else(|| self.expected_at(start, "an operator such as eq"))?;
        if !self.rest().starts_with(char::is_whitespace) {
            return Err(self.expected("a space and a value"));
        }
        self.skip_spaces();
        let value = self.value()?;
        Ok(Filter::Compare { path, op, value })
    }

    fn value(&mut self) -> Result<Literal, Error> {
        let start = self.at;
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let word = self.take_until(|c| c.is_whitespace() || "()[]".contains(c));
        match serde_json::from_str::<Value>(word) {
            Ok(Value::Bool(flag)) => return Ok(Literal::Boolean(flag)),
            Ok(Value::Number(number)) => return Ok(Literal::Number(number)),
            Ok(Value::Null) => return Ok(Literal::Null),
            _ => {}
        }
        if word.is_empty() || word.contains(['"', '\'', '\0']) {
            return Err(self.expected_at(start, "a value in double quotes, a number, true, false or null"));
        }
        // Older Entra documentation: `externalId eq jyoung`.
        self.tolerate(Deviation::UnquotedFilterValue, "a value in double quotes")?;
        Ok(Literal::String(word.to_owned()))
    }

    /// A JSON string.
    fn quoted(&mut self) -> Result<Literal, Error> {
        let start = self.at;
        let mut escaped = false;
        let closing = self.rest().char_indices().skip(1).find(|&(_, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some((length, _)) = closing else {
            return Err(self.expected_at(start, "a closing double quote"));
        };
        let token = self.rest().get(..=length).unwrap_or_default();
        self.at += token.len();
        match serde_json::from_str::<String>(token) {
            // No stored value holds a NUL, and no database takes one.
            Ok(text) if !text.contains('\0') => Ok(Literal::String(text)),
            _ => Err(self.expected_at(start, "a JSON string")),
        }
    }

    /// Takes `not` if a group follows; an attribute may be called that too.
    fn negation(&mut self) -> bool {
        let rest = self.rest();
        let is_not = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"))
            && rest.get(3..).is_some_and(|after| after.trim_start().starts_with('('));
        if is_not {
            self.at += 3;
            self.skip_spaces();
        }
        is_not
    }

    /// Takes `and` or `or` between two terms.
    fn keyword(&mut self, word: &str) -> bool {
        let before = self.at;
        self.skip_spaces();
        let rest = self.rest();
        let is_here = rest.get(..word.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(word))
            && rest
                .get(word.len()..)
                .is_some_and(|after| after.starts_with(|c: char| c.is_whitespace() || c == '('));
        if is_here {
            self.at += word.len();
        } else {
            self.at = before;
        }
        is_here
    }

    fn expect(&mut self, wanted: char) -> Result<(), Error> {
        self.skip_spaces();
        if !self.rest().starts_with(wanted) {
            return Err(self.expected(&format!("\"{wanted}\"")));
        }
        self.at += wanted.len_utf8();
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.skip_spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("\"and\", \"or\" or the end")) }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take_until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = rest.split(stop).next().unwrap_or_default();
        self.at += word.len();
        word
    }

    fn tolerate(&mut self, deviation: Deviation, wanted: &str) -> Result<(), Error> {
        let refusal = self.expected(wanted);
        self.notes.tolerate(deviation, || refusal)
    }

    fn expected(&self, wanted: &str) -> Error {
        self.expected_at(self.at, wanted)
    }

    fn expected_at(&self, at: usize, wanted: &str) -> Error {
        let position = self.text.get(..at).unwrap_or_default().chars().count() + 1;
        let found = match self.text.get(at..).unwrap_or_default() {
            "" => "the end".to_owned(),
            rest => shown(rest),
        };
        Error::invalid_filter(format!(
            "At character {position} of the filter: expected {wanted}, found {found}."
        ))
    }
}

fn one_or(mut terms: Vec<Filter>, many: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match (terms.pop(), terms.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            terms.extend(last);
            many(terms)
        }
    }
}

fn both(first: Filter, second: Filter) -> Filter {
    match first {
        Filter::And(mut terms) => {
            terms.push(second);
            Filter::And(terms)
        }
        first => Filter::And(vec![first, second]),
    }
}
