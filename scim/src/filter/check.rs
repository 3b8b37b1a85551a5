//! A filter against a schema: canonical names, values of the attribute's type, comparisons that make sense.

use serde_json::Number;

use super::{CompareOp, Filter, Literal, parse_date};
use crate::dialect::{Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::path::AttrPath;
use crate::schema::{Attribute, ResourceType, Type};

/// Resolves a filter against a resource type.
///
/// In the result every path is canonical (`schema` only for extensions, `sub` filled in: `emails co "x"` becomes
/// `emails.value co "x"`) and every value has the attribute's type (`active eq "True"` becomes `active eq true`).
///
/// # Errors
/// `invalidFilter` for an unknown attribute, a comparison that its type does not have, or a value that is not of it.
pub fn check(filter: &Filter, kind: &ResourceType) -> Result<Filter, Error> {
    resolve(filter, &Scope::Resource(kind, &[]), &mut Notes::new(Mode::Tolerant))
}

/// The same; a value of another type than the attribute's is noted. What only one of the `others` has is checked by it
/// and keeps its path, which this kind does not have.
pub(crate) fn check_noting(
    filter: &Filter,
    kind: &ResourceType,
    others: &[&ResourceType],
    notes: &mut Notes,
) -> Result<Filter, Error> {
    resolve(filter, &Scope::Resource(kind, others), notes)
}

/// Resolves the filter in `attribute[…]`, whose paths are sub-attributes.
pub(crate) fn check_element(
    filter: &Filter,
    attribute: &Attribute,
    notes: &mut Notes,
) -> Result<Filter, Error> {
    resolve(filter, &Scope::Element(attribute), notes)
}

/// The comparisons of a filter that is nothing but `name eq value` joined by `and`: such a filter describes one
/// element, so that one can be made from it. `None` for any other filter.
pub(crate) fn sole_equalities(filter: &Filter) -> Option<Vec<(&AttrPath, &Literal)>> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value } => Some(vec![(path, value)]),
        Filter::And(terms) => {
            let all: Option<Vec<_>> = terms.iter().map(sole_equalities).collect();
            all.map(|nested| nested.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// What paths are relative to.
enum Scope<'a> {
    /// A kind, and those beside which it is listed.
    Resource(&'a ResourceType, &'a [&'a ResourceType]),
    Element(&'a Attribute),
}

fn resolve(filter: &Filter, scope: &Scope<'_>, notes: &mut Notes) -> Result<Filter, Error> {
    let mut all = |terms: &[Filter]| {
        terms.iter().map(|term| resolve(term, scope, notes)).collect::<Result<Vec<_>, _>>()
    };
    match filter {
        Filter::And(terms) => all(terms).map(Filter::And),
        Filter::Or(terms) => all(terms).map(Filter::Or),
        Filter::Not(inner) => resolve(inner, scope, notes).map(|inner| Filter::Not(Box::new(inner))),
        Filter::Present(path) => scope.find(path).map(|(path, _)| Filter::Present(path)),
        Filter::Compare { path, op, value } => {
            let (path, attribute) = scope.find(path)?;
            let (path, attribute) = with_default_sub_attribute(path, attribute)?;
            let value = typed(attribute, *op, value, notes)?;
            Ok(Filter::Compare { path, op: *op, value })
        }
        Filter::ValuePath { path, filter } => {
            let Scope::Resource(..) = scope else {
                return Err(Error::invalid_filter("A filter in brackets cannot hold another one."));
            };
            let (path, attribute) = scope.find(path)?;
            if path.sub.is_some() || !(attribute.is_complex() || attribute.multi_valued) {
                return Err(Error::invalid_filter(format!(
                    "{path} has no elements that a filter in brackets could select."
                )));
            }
            let filter = check_element(filter, attribute, notes)?;
            Ok(Filter::ValuePath { path, filter: Box::new(filter) })
        }
    }
}

impl<'a> Scope<'a> {
    /// The canonical path, and the innermost attribute that it names.
    fn find(&self, path: &AttrPath) -> Result<(AttrPath, &'a Attribute), Error> {
        let unknown =
            || Error::invalid_filter(format!("There is no attribute {}.", shown(&path.to_string())));
        match *self {
            Self::Resource(kind, others) => {
                let own = kind.locate(path);
                let is_own = own.is_some();
                let foreign = || others.iter().find_map(|other| other.locate(path));
                let located = own.or_else(foreign).ok_or_else(unknown)?;
                let leaf = located.sub.unwrap_or(located.attribute);
                refuse_secret(located.attribute)?;
                refuse_secret(leaf)?;
                Ok((if is_own { located.path } else { path.clone() }, leaf))
            }
            Self::Element(attribute) => {
                if path.schema.is_some() || path.sub.is_some() {
                    return Err(unknown());
                }
                // An element of a simple multi-valued attribute is its own `value` (RFC 7643 §2.4).
                if !attribute.is_complex() && path.attribute.eq_ignore_ascii_case("value") {
                    return Ok((AttrPath::of("value"), attribute));
                }
                let sub = attribute.sub_attribute(&path.attribute).ok_or_else(unknown)?;
                refuse_secret(sub)?;
                Ok((AttrPath::of(&sub.name), sub))
            }
        }
    }
}

/// A comparison with a complex attribute means its `value` (RFC 7644 §3.4.2.2, `emails co "example.com"`).
fn with_default_sub_attribute(
    path: AttrPath,
    attribute: &Attribute,
) -> Result<(AttrPath, &Attribute), Error> {
    if !attribute.is_complex() {
        return Ok((path, attribute));
    }
    match attribute.sub_attribute("value") {
        Some(value) => Ok((AttrPath { sub: Some(value.name.clone()), ..path }, value)),
        None => Err(Error::invalid_filter(format!(
            "{path} has several parts; name the one to compare, such as {path}.{}.",
            attribute.sub_attributes.first().map_or("value", |sub| sub.name.as_str())
        ))),
    }
}

fn refuse_secret(attribute: &Attribute) -> Result<(), Error> {
    if !attribute.is_kept() {
        return Err(Error::invalid_filter(format!("{} cannot be searched.", attribute.name)));
    }
    Ok(())
}

/// The value as one of the attribute's type.
fn typed(attribute: &Attribute, op: CompareOp, value: &Literal, notes: &mut Notes) -> Result<Literal, Error> {
    let name = &attribute.name;
    let has_operator = match attribute.kind {
        Type::Boolean => !op.is_ordering() && !op.is_substring(),
        // RFC 7644 §3.4.2.2: ordering a binary attribute is a failure.
        Type::Binary => !op.is_ordering(),
        Type::Integer | Type::Decimal => !op.is_substring(),
        _ => true,
    };
    if !has_operator {
        return Err(Error::invalid_filter(format!("{name} cannot be compared with {op}.")));
    }
    if *value == Literal::Null {
        return match op {
            CompareOp::Eq | CompareOp::Ne => Ok(Literal::Null),
            _ => Err(Error::invalid_filter(format!(
                "null can be compared with eq and ne only, not with {op}."
            ))),
        };
    }
    let refusal =
        || Error::invalid_filter(format!("{} is not a value that {name} can have.", shown(&text(value))));
    let converted = match attribute.kind {
        Type::Boolean => boolean(value).map(Literal::Boolean),
        Type::Integer | Type::Decimal => number(value).map(Literal::Number),
        Type::DateTime if !op.is_substring() => date(value),
        // Such a number was not kept as it was sent either.
        _ if matches!(value, Literal::Number(number) if number.is_f64()) => None,
        _ => Some(Literal::String(text(value))),
    };
    let converted = converted.ok_or_else(refusal)?;
    let deviation = match (value, &converted) {
        (Literal::String(_), Literal::Boolean(_)) => Some(Deviation::StringBoolean),
        (Literal::String(_), Literal::Number(_)) => Some(Deviation::StringNumber),
        (Literal::Boolean(_) | Literal::Number(_), Literal::String(_)) => Some(Deviation::ScalarForString),
        _ => None,
    };
    if let Some(deviation) = deviation {
        notes.tolerate(deviation, refusal)?;
    }
    Ok(converted)
}

/// Entra compares booleans with strings: `roles[primary eq "True"]`.
fn boolean(value: &Literal) -> Option<bool> {
    match value {
        Literal::Boolean(flag) => Some(*flag),
        Literal::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Literal::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(value: &Literal) -> Option<Number> {
    match value {
        Literal::Number(number) => Some(number.clone()),
        Literal::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn date(value: &Literal) -> Option<Literal> {
    match value {
        Literal::String(text) => parse_date(text).map(|_| value.clone()),
        _ => None,
    }
}

fn text(value: &Literal) -> String {
    match value {
        Literal::String(text) => text.clone(),
        other => other.to_string(),
    }
}
