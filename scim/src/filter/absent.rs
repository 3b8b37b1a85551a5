//! What is left of a filter for resources that lack some of its attributes (RFC 7644 §3.4.2.1).

use super::{CompareOp, Filter, Literal};
use crate::path::AttrPath;
use crate::schema::ResourceType;

/// A filter as far as it depends on the resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rest {
    /// Every resource fulfils it, or none does.
    Always(bool),
    /// What is still to be asked.
    Filter(Filter),
}

/// Decides what a filter says of attributes that this kind does not have: they are attributes without a value.
pub(crate) fn without_absent(filter: Filter, kind: &ResourceType) -> Rest {
    let lacks = |path: &AttrPath| kind.locate(path).is_none();
    match filter {
        Filter::And(terms) => joined(terms, kind, false, Filter::And),
        Filter::Or(terms) => joined(terms, kind, true, Filter::Or),
        Filter::Not(inner) => match without_absent(*inner, kind) {
            Rest::Always(holds) => Rest::Always(!holds),
            Rest::Filter(inner) => Rest::Filter(Filter::Not(Box::new(inner))),
        },
        Filter::Compare { path, op, value } if lacks(&path) => Rest::Always(holds_of_nothing(op, &value)),
        Filter::Present(path) | Filter::ValuePath { path, .. } if lacks(&path) => Rest::Always(false),
        filter => Rest::Filter(filter),
    }
}

/// `eq null` and `ne` with any value hold where there is none.
fn holds_of_nothing(op: CompareOp, value: &Literal) -> bool {
    match op {
        CompareOp::Eq => *value == Literal::Null,
        CompareOp::Ne => *value != Literal::Null,
        _ => false,
    }
}

/// Terms joined by `or`, which one that is true decides, or by `and`, which one that is false decides.
fn joined(
    terms: Vec<Filter>,
    kind: &ResourceType,
    decisive: bool,
    join: impl Fn(Vec<Filter>) -> Filter,
) -> Rest {
    let mut left = Vec::with_capacity(terms.len());
    for term in terms {
        match without_absent(term, kind) {
            Rest::Always(holds) if holds == decisive => return Rest::Always(decisive),
            Rest::Always(_) => {}
            Rest::Filter(term) => left.push(term),
        }
    }
    match (left.pop(), left.is_empty()) {
        (None, _) => Rest::Always(!decisive),
        (Some(only), true) => Rest::Filter(only),
        (Some(last), false) => {
            left.push(last);
            Rest::Filter(join(left))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Mode, Notes};
    use crate::filter::{check_noting, parse};
    use crate::schema::{group, user};

    #[test]
    fn what_a_kind_does_not_have_has_no_value() {
        let table = [
            // (filter, of users, of groups)
            ("userName eq \"a\"", "userName eq \"a\"", "false"),
            ("userName ne \"a\"", "userName ne \"a\"", "true"),
            ("userName ne null", "userName ne null", "false"),
            ("userName eq null", "userName eq null", "true"),
            ("not (userName pr)", "not (userName pr)", "true"),
            (
                "userName eq \"a\" or displayName eq \"G\"",
                "userName eq \"a\" or displayName eq \"G\"",
                "displayName eq \"G\"",
            ),
            (
                "userName eq \"a\" and displayName eq \"G\"",
                "userName eq \"a\" and displayName eq \"G\"",
                "false",
            ),
            ("members pr or userName sw \"u\"", "userName sw \"u\"", "members pr"),
            ("members pr and userName pr", "false", "false"),
            ("members[value eq \"x\"] or active gt \"\" and id pr", "error", "error"),
            ("members[value eq \"x\"] or id pr", "id pr", "members[value eq \"x\"] or id pr"),
            (
                "emails[type eq \"work\"].value eq \"x\"",
                "emails[type eq \"work\" and value eq \"x\"]",
                "false",
            ),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"u\" or \
              urn:ietf:params:scim:schemas:core:2.0:Group:displayName sw \"G\"",
                "userName sw \"u\"",
                "displayName sw \"G\"",
            ),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:externalId eq \"a\"",
                "externalId eq \"a\"",
                "false",
            ),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne \"IT\"",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne \"IT\"",
                "true",
            ),
            ("favourite pr", "error", "error"),
            ("password pr", "error", "error"),
            ("active gt true", "error", "error"),
        ];
        let both = [user(), group()];
        for (text, of_users, of_groups) in table {
            for (kind, expected) in [(user(), of_users), (group(), of_groups)] {
                let checked =
                    check_noting(&parse(text).unwrap(), kind, &both, &mut Notes::new(Mode::Tolerant));
                let rest = checked.map_or("error".to_owned(), |filter| match without_absent(filter, kind) {
                    Rest::Always(holds) => holds.to_string(),
                    Rest::Filter(filter) => filter.to_string(),
                });
                assert_eq!(rest, expected, "{text} of {}", kind.id);
            }
        }
    }
}
