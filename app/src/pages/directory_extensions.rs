//! The extensions that a directory has of its own.

use leptos::prelude::*;

use super::{counted, directory::Directory};
use crate::ui::{Card, code};

/// An extension.
#[derive(Clone, Debug)]
pub struct ExtensionRow {
    /// The name of its schema; may be empty.
    pub name: String,
    /// Its URN.
    pub urn: String,
    /// Whether it is of groups, and not of people.
    pub is_of_groups: bool,
    /// Whether each of them must have it.
    pub required: bool,
    /// How many attributes it has.
    pub attributes: u64,
}

/// The section of the directory's page; nothing when there are none.
pub(super) fn view(page: &Directory) -> Option<AnyView> {
    if page.extensions.is_empty() {
        return None;
    }
    let provider = page.provider.short_label();
    let lead = format!("Attributes beyond the standard that {provider} finds in this directory's schemas.");
    let lines = page.extensions.iter().map(line).collect_view();
    Some(
        view! {
            <Card
                title="Extensions"
                lead=lead
                foot=view! { "Change them at the command line: " {code("rollcall directory extension")} }.into_any()
            >
                <ul class="lines" role="list">
                    {lines}
                </ul>
            </Card>
        }
        .into_any(),
    )
}

fn line(row: &ExtensionRow) -> AnyView {
    let whose = if row.is_of_groups { "Groups" } else { "People" };
    let number = counted(row.attributes, "attribute", "attributes");
    let required = if row.required { " · required" } else { "" };
    let name = (!row.name.is_empty()).then(|| row.name.clone());
    view! {
        <li>
            {name} {code(row.urn.clone())} <span class="sub num">{format!("{whose} · {number}{required}")}</span>
        </li>
    }
    .into_any()
}
