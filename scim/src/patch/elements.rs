//! The elements of a multi-valued attribute: finding, setting and removing parts of some, one primary among all.

use serde_json::{Map, Value};

use crate::filter::{Filter, Literal, same_folded, sole_equalities};
use crate::resource::value::{demote_primaries, is_hollow, primaries};
use crate::resource::{get, key_in};
use crate::schema::Attribute;

/// What the elements that a filter finds have in common, if it is nothing but equalities. `null` and an empty text say that
/// there is nothing.
pub(super) fn described(filter: &Filter) -> Option<Vec<(String, Value)>> {
    let value = |literal: &Literal| match literal {
        Literal::String(text) => Value::String(text.clone()),
        Literal::Number(number) => Value::Number(number.clone()),
        Literal::Boolean(flag) => Value::Bool(*flag),
        Literal::Null => Value::Null,
    };
    let pairs = sole_equalities(filter)?.into_iter();
    let says_nothing =
        |literal: &Literal| matches!(literal, Literal::Null) || *literal == Literal::String(String::new());
    let pairs = pairs.filter(|(_, literal)| !says_nothing(literal));
    Some(pairs.map(|(path, literal)| (path.attribute.clone(), value(literal))).collect())
}

/// Sets a part of some elements.
pub(super) fn set_part(elements: &mut [Value], selected: &[usize], sub: &str, value: &Value) {
    for &index in selected {
        if let Some(Value::Object(parts)) = elements.get_mut(index) {
            insert_part(parts, sub, value);
        }
    }
    settle_primary(elements, selected);
}

/// Sets a part. A new `value` does not keep the `$ref` of the old one.
pub(super) fn insert_part(parts: &mut Map<String, Value>, sub: &str, value: &Value) {
    let key = key_in(parts, sub);
    if key == "value" && parts.get(&key) != Some(value) {
        parts.shift_remove("$ref");
    }
    parts.insert(key, value.clone());
}

/// Takes a part away, and with it every element that then says nothing. An element without `value` is none, whatever
/// its name: `display` and `$ref` go with it.
pub(super) fn remove_part(
    attribute: Option<&Attribute>,
    elements: &mut Vec<Value>,
    selected: &[usize],
    sub: &str,
) {
    for &index in selected {
        if let Some(Value::Object(parts)) = elements.get_mut(index) {
            let key = key_in(parts, sub);
            parts.shift_remove(&key);
            if key == "value" {
                parts.shift_remove("display");
                parts.shift_remove("$ref");
            }
        }
    }
    elements.retain(|element| match (element, attribute) {
        (Value::Object(parts), Some(attribute)) => !is_hollow(attribute, parts),
        (element, _) => !is_empty(element),
    });
}

/// Removes the elements at these places, which are in ascending order.
pub(super) fn remove_selected(elements: &mut Vec<Value>, selected: &[usize]) {
    let mut remaining = selected.iter().copied().peekable();
    let mut index = 0;
    elements.retain(|_| {
        let is_selected = remaining.next_if_eq(&index).is_some();
        index += 1;
        !is_selected
    });
}

/// If more than one element is primary now, the last one that was touched stays so (RFC 7644 §3.5.2). The
/// places are in ascending order.
pub(super) fn settle_primary(elements: &mut [Value], touched: &[usize]) {
    let all = primaries(elements);
    if all.len() > 1
        && let Some(keep) = all.iter().rev().find(|index| touched.binary_search(index).is_ok())
    {
        demote_primaries(elements, *keep);
    }
}

/// Puts what is added over what is there.
pub(super) fn merge(existing: &mut Value, added: &Value) {
    match (existing, added) {
        (Value::Object(existing), Value::Object(parts)) => existing.extend(parts.clone()),
        (existing, added) => *existing = added.clone(),
    }
}

/// Whether an element to add is there already: the same member, or the same value with the same type (RFC 7643 §2.4).
pub(super) fn is_same(attribute: Option<&Attribute>, existing: &Value, added: &Value) -> bool {
    if existing == added {
        return true;
    }
    let by_value_alone = attribute.is_some_and(Attribute::holds_references);
    let same = |name: &str| existing.get(name) == added.get(name);
    added.get("value").is_some() && same("value") && (by_value_alone || same("type"))
}

/// Whether an element is meant by one that a remove lists.
pub(super) fn fits(attribute: Option<&Attribute>, element: &Value, wanted: &Value) -> bool {
    let Value::Object(wanted_parts) = wanted else {
        return element == wanted;
    };
    let case_exact = attribute
        .and_then(|attribute| attribute.sub_attribute("value"))
        .is_some_and(|value| value.case_exact);
    let by_value_alone = attribute.is_some_and(Attribute::holds_references);
    let names: Vec<&str> = match wanted_parts.contains_key("value") {
        true if by_value_alone => vec!["value"],
        true => ["value", "type"].into_iter().filter(|name| wanted_parts.contains_key(*name)).collect(),
        false => wanted_parts.keys().map(String::as_str).collect(),
    };
    let Value::Object(parts) = element else {
        // Entra's default dialect lists {"value": "a"} whatever the elements are.
        return attribute.is_none() && names == ["value"] && wanted_parts.get("value") == Some(element);
    };
    names.into_iter().all(|name| match (get(parts, name), wanted_parts.get(name)) {
        (Some(Value::String(is)), Some(Value::String(wanted))) if !case_exact => same_folded(is, wanted),
        (is, wanted) => is == wanted,
    })
}

/// Whether an array or object has nothing in it.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}
