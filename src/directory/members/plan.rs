//! What all changes of a group's members in one request come to: of what is said of a member, the last word counts. So a
//! request costs the same however many operations it is cut into.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use scim::{
    filter::{CompareOp, Filter, Literal, matches_element},
    patch::{Member, MemberChange},
    path::AttrPath,
    schema,
};
use serde_json::{Value, json};

use crate::store::{directory_group_members::Newcomer, directory_pending_members::PendingMember};

/// Most bytes that the filters of one request may compare: about half a second for letters beyond ASCII, in which nobody
/// else changes anything.
const MOST_EFFORT: usize = 32 * 1024 * 1024;

/// The changes of one request, in order, from the last one on that begins with nobody.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Nobody who was a member before stays unless they come again.
    afresh: bool,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Add(Vec<Member>),
    Remove {
        names: Vec<String>,
        /// By a filter of the path, which may find nobody.
        selected: bool,
    },
    RemoveWhere {
        filter: Filter,
        /// Who alone can fulfil it; `None` when anyone can.
        names: Option<Vec<String>>,
    },
}

/// A user or a group that a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The SCIM `id`.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
}

/// What names mean; who is not in it is unknown in the directory.
pub(super) type Names = HashMap<String, Known>;

/// Someone who is in the group, or waited for, before the request.
#[derive(Clone, Debug)]
pub(super) struct Present {
    /// The SCIM `id`, or the name by which someone is waited for.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
    /// The name that the identity provider sent with it.
    pub display: Option<String>,
}

/// Which of those who are in the group the plan has to know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Load<'a> {
    /// None.
    Nobody,
    /// Those of these names.
    Some(Vec<&'a str>),
    /// All.
    Everyone,
}

/// What the plan comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Net {
    /// All others go.
    pub afresh: bool,
    /// Who is a member now.
    pub coming: Vec<Newcomer>,
    /// Who will be when they arrive.
    pub waiting: Vec<PendingMember>,
    /// Who is no member now, by id.
    pub leaving: Vec<String>,
    /// Who is not waited for any more, by the name they were waited for.
    pub forgotten: Vec<String>,
    /// Those of the coming and leaving that are groups.
    pub groups: Vec<String>,
    /// A filter found nobody.
    pub found_nobody: bool,
}

/// Someone of whom the request says that they are a member.
struct Coming<'a> {
    name: &'a str,
    /// `None` when nobody knows them.
    kind: Option<&'a str>,
    display: Option<String>,
}

impl Plan {
    /// What the changes come to, as far as can be said without knowing the group.
    pub(super) fn of(changes: &[MemberChange]) -> Self {
        let mut plan = Self::default();
        for change in changes {
            match change {
                MemberChange::Add(members) => plan.steps.push(Step::Add(members.clone())),
                MemberChange::Remove(names) => {
                    plan.steps.push(Step::Remove { names: names.clone(), selected: false });
                }
                MemberChange::RemoveSelected(names) => {
                    plan.steps.push(Step::Remove { names: names.clone(), selected: true });
                }
                MemberChange::RemoveWhere(filter) => {
                    let filter = without_references(filter);
                    let names = names_at_most(&filter);
                    plan.steps.push(Step::RemoveWhere { filter, names });
                }
                MemberChange::Replace(members) => {
                    plan = Self { afresh: true, steps: vec![Step::Add(members.clone())] };
                }
                MemberChange::Clear => plan = Self { afresh: true, steps: Vec::new() },
            }
        }
        plan
    }

    /// Every name that the request says.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.steps.iter().flat_map(Step::names).collect()
    }

    /// Whom the plan has to know to be decided, and to tell of a filter that finds nobody.
    pub(super) fn load(&self) -> Load<'_> {
        if self.afresh {
            return Load::Nobody;
        }
        let mut some = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::RemoveWhere { names: None, .. } => return Load::Everyone,
                Step::RemoveWhere { names: Some(names), .. } => some.extend(names.iter().map(String::as_str)),
                Step::Remove { names, selected: true } => {
                    some.extend(names.iter().map(String::as_str));
                }
                Step::Add(_) | Step::Remove { .. } => {}
            }
        }
        if some.is_empty() { Load::Nobody } else { Load::Some(some.into_iter().collect()) }
    }

    /// Decides. `present` is what [`Plan::load`] asks for; `base_url` is where the directory's resources are.
    ///
    /// # Errors
    /// `noTarget` when a filter finds nobody and the directory is strict; `tooMany` when the filters compare too much.
    pub(super) fn net(
        &self,
        known: &Names,
        present: &[Present],
        base_url: &str,
        strict: bool,
    ) -> Result<Net, scim::Error> {
        let present = present.iter().map(|it| (it.id.as_str(), it)).collect();
        let mut fold =
            Fold { afresh: self.afresh, known, present, base_url, last: BTreeMap::new(), effort: 0 };
        let mut found_nobody = false;
        for step in &self.steps {
            let found = fold.take(step)?;
            found_nobody |= step.selects() && !found;
            if strict && found_nobody {
                return Err(scim::Error::no_target("members: the filter finds nobody in the group."));
            }
        }
        Ok(Net { found_nobody, ..fold.net(self.names()) })
    }
}

impl Step {
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Add(members) => members.iter().map(|member| member.value.as_str()).collect(),
            Self::Remove { names, .. } | Self::RemoveWhere { names: Some(names), .. } => {
                names.iter().map(String::as_str).collect()
            }
            Self::RemoveWhere { names: None, .. } => Vec::new(),
        }
    }

    /// Whether a filter says who is meant.
    fn selects(&self) -> bool {
        matches!(self, Self::Remove { selected: true, .. } | Self::RemoveWhere { .. })
    }
}

/// The last word on each member so far: that they are one, or that they are none.
struct Fold<'a> {
    afresh: bool,
    known: &'a Names,
    present: HashMap<&'a str, &'a Present>,
    base_url: &'a str,
    last: BTreeMap<String, Option<Coming<'a>>>,
    /// The bytes that filters have compared.
    effort: usize,
}

impl<'a> Fold<'a> {
    /// Takes one step; whether it found someone.
    fn take(&mut self, step: &'a Step) -> Result<bool, scim::Error> {
        let leaving: Vec<String> = match step {
            Step::Add(members) => {
                for member in members {
                    self.add(member);
                }
                return Ok(true);
            }
            Step::Remove { names, .. } => {
                let ids: Vec<String> = names.iter().map(|name| self.id(name)).collect();
                let found = ids.iter().any(|id| self.element(id).is_some());
                self.last.extend(ids.into_iter().map(|id| (id, None)));
                return Ok(found);
            }
            Step::RemoveWhere { filter, names: Some(names) } => {
                let ids: Vec<String> = names.iter().map(|name| self.id(name)).collect();
                self.spend(filter, ids.iter().map(String::as_str))?;
                ids.into_iter().filter(|id| self.fulfils(id, filter)).collect()
            }
            Step::RemoveWhere { filter, names: None } => {
                let everyone = self.present.keys().copied().chain(self.last.keys().map(String::as_str));
                let everyone: BTreeSet<String> = everyone.map(str::to_owned).collect();
                self.spend(filter, everyone.iter().map(String::as_str))?;
                everyone.into_iter().filter(|id| self.fulfils(id, filter)).collect()
            }
        };
        let found = !leaving.is_empty();
        self.last.extend(leaving.into_iter().map(|id| (id, None)));
        Ok(found)
    }

    /// Takes what it costs to ask a filter about all of these.
    fn spend<'b>(&mut self, filter: &Filter, ids: impl Iterator<Item = &'b str>) -> Result<(), scim::Error> {
        const OF_ONE: usize = 16;
        let compared: usize = ids.map(|id| OF_ONE + id.len() + self.display(id).map_or(0, str::len)).sum();
        self.effort = self.effort.saturating_add(compared.saturating_mul(filter.terms()));
        if self.effort > MOST_EFFORT {
            return Err(scim::Error::too_many(
                "The filters compare too much for a group of this size. Name the members: members[value eq \"ID\"].",
            ));
        }
        Ok(())
    }

    /// The name that the identity provider sent with a member.
    fn display(&self, id: &str) -> Option<&str> {
        let coming = self.last.get(id).and_then(Option::as_ref).and_then(|coming| coming.display.as_deref());
        coming.or_else(|| self.present.get(id).and_then(|present| present.display.as_deref()))
    }

    /// The id that a name means; the name itself when nobody knows it.
    fn id(&self, name: &str) -> String {
        self.known.get(name).map_or(name, |known| known.id.as_str()).to_owned()
    }

    fn add(&mut self, member: &'a Member) {
        let id = self.id(&member.value);
        let before = self.last.remove(&id).flatten();
        let coming = Coming {
            name: &member.value,
            kind: self.known.get(&member.value).map(|known| known.kind.as_str()),
            display: member.display.clone().or(before.and_then(|before| before.display)),
        };
        self.last.insert(id, Some(coming));
    }

    fn fulfils(&self, id: &str, filter: &Filter) -> bool {
        self.element(id)
            .is_some_and(|element| matches_element(filter, schema::group().attribute("members"), &element))
    }

    /// The member as a filter sees it; `None` for who is no member at this moment.
    fn element(&self, id: &str) -> Option<Value> {
        let present = self.present.get(id).filter(|_| !self.afresh);
        let kind = match (self.last.get(id), present) {
            (Some(None), _) | (None, None) => return None,
            // Whom nobody knows yet is a person: groups are not waited for.
            (Some(Some(coming)), _) => coming.kind.unwrap_or("User"),
            (None, Some(present)) => present.kind.as_str(),
        };
        let mut element =
            json!({ "value": id, "type": kind, "$ref": format!("{}/{kind}s/{id}", self.base_url) });
        if let Some(display) = self.display(id) {
            element["display"] = json!(display);
        }
        Some(element)
    }

    fn net(self, names: BTreeSet<&str>) -> Net {
        let mut net = Net { afresh: self.afresh, ..Net::default() };
        let kinds: HashMap<&str, &str> =
            self.known.values().map(|known| (known.id.as_str(), known.kind.as_str())).collect();
        // Waited for by a name that by now means someone.
        let other_names = names.into_iter().filter(|name| {
            self.known.get(*name).is_some_and(|known| matches!(self.last.get(&known.id), Some(None)))
        });
        net.forgotten.extend(other_names.map(str::to_owned));
        for (id, last) in self.last {
            let kind = kinds.get(id.as_str()).copied();
            let kind = kind.or(self.present.get(id.as_str()).map(|present| present.kind.as_str()));
            if kind == Some("Group") {
                net.groups.push(id.clone());
            }
            match last {
                None => {
                    net.forgotten.push(id.clone());
                    net.leaving.push(id);
                }
                Some(Coming { kind: Some(kind), display, .. }) => {
                    net.coming.push(Newcomer { id, kind: kind.to_owned(), display });
                }
                Some(Coming { name, kind: None, display }) => {
                    net.waiting.push(PendingMember { value: name.to_owned(), display });
                }
            }
        }
        net
    }
}

/// `$ref eq "…/Users/ID"` says what `value eq "ID" and type eq "User"` says, whatever address the server has for the
/// client, and relative as well (RFC 7643 section 2.3.7).
fn without_references(filter: &Filter) -> Filter {
    let all = |terms: &[Filter]| terms.iter().map(without_references).collect();
    match filter {
        Filter::And(terms) => Filter::And(all(terms)),
        Filter::Or(terms) => Filter::Or(all(terms)),
        Filter::Not(inner) => Filter::Not(Box::new(without_references(inner))),
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(address) }
            if path.attribute == "$ref" =>
        {
            let mut segments = address.rsplit('/');
            let id = segments.next().unwrap_or_default();
            let kind = match segments.next() {
                Some("Users") => "User",
                Some("Groups") => "Group",
                _ => return filter.clone(),
            };
            Filter::And(vec![equals("value", id), equals("type", kind)])
        }
        other => other.clone(),
    }
}

fn equals(attribute: &str, value: &str) -> Filter {
    let value = Literal::String(value.to_owned());
    Filter::Compare { path: AttrPath::of(attribute), op: CompareOp::Eq, value }
}

/// Who alone can fulfil the filter; `None` when anyone can.
fn names_at_most(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(id) }
            if path.attribute == "value" =>
        {
            Some(vec![id.clone()])
        }
        Filter::And(terms) => terms.iter().find_map(names_at_most),
        Filter::Or(terms) => {
            let all: Option<Vec<_>> = terms.iter().map(names_at_most).collect();
            all.map(|names| names.into_iter().flatten().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
