//! Tabs, tables and paging.

use leptos::prelude::*;

/// A tab with its count.
pub struct Tab {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub label: &'static str,
    /// How many it holds.
    pub count: Option<u64>,
    /// Whether it is shown now.
    pub current: bool,
}

/// Links that look like tabs: each has an address.
pub fn tabs(label: &'static str, tabs: Vec<Tab>) -> AnyView {
    let links = tabs
        .into_iter()
        .map(|tab| {
            view! {
                <li>
                    <a href=tab.href aria-current=tab.current.then_some("page")>
                        {tab.label} {tab.count.map(|count| view! { <span class="count num">{grouped(count)}</span> })}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=label><ul role="list">{links}</ul></nav> }.into_any()
}

/// The head of a column.
pub struct Column {
    /// Its name; an empty one is only spoken as "Actions".
    pub label: &'static str,
    /// A class for its width.
    pub class: &'static str,
    /// Whether the rows are in its order.
    pub sorted: bool,
}

impl Column {
    /// A column.
    pub const fn new(label: &'static str, class: &'static str) -> Self {
        Self { label, class, sorted: false }
    }

    /// The column whose order the rows have.
    pub const fn sorted(label: &'static str, class: &'static str) -> Self {
        Self { label, class, sorted: true }
    }
}

/// A table in a card; on narrow screens each row becomes a card. The roles say what `display` would hide.
pub fn table(caption: &str, columns: &[Column], rows: Vec<AnyView>) -> AnyView {
    let heads = columns
        .iter()
        .map(|column| {
            let head = if column.label.is_empty() {
                view! { <span class="sr-only">"Actions"</span> }.into_any()
            } else {
                column.label.into_any()
            };
            view! {
                <th scope="col" role="columnheader" class=column.class aria-sort=column.sorted.then_some("ascending")>
                    {head}
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="table-card">
            <table role="table">
                <caption class="sr-only">{caption.to_owned()}</caption>
                <thead role="rowgroup">
                    <tr role="row">{heads}</tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A cell; `label` names it where the row is a card.
pub fn cell(label: &'static str, class: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! { <td role="cell" class=class data-label=label>{content.into_any()}</td> }.into_any()
}

/// Which part of a list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// Rows on a page.
    pub per_page: u64,
    /// Rows in all.
    pub total: u64,
}

impl Paging {
    /// `1–50 of 198`.
    pub fn words(self) -> String {
        if self.total == 0 {
            return "None".to_owned();
        }
        let first = (self.page.max(1) - 1) * self.per_page + 1;
        let last = (first + self.per_page - 1).min(self.total);
        format!("{}–{} of {}", grouped(first), grouped(last), grouped(self.total))
    }

    const fn last(self) -> u64 {
        if self.per_page == 0 { 1 } else { self.total.div_ceil(self.per_page) }
    }
}

/// Previous and Next, with where we are.
pub fn pager(paging: Paging, href: impl Fn(u64) -> String) -> AnyView {
    let previous = (paging.page > 1).then(|| href(paging.page - 1));
    let next = (paging.page < paging.last()).then(|| href(paging.page + 1));
    let step = |href: Option<String>, word: &'static str, rel: &'static str| match href {
        Some(href) => view! { <a class="button small" href=href rel=rel>{word}</a> }.into_any(),
        None => view! { <span class="button small off" aria-disabled="true">{word}</span> }.into_any(),
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <p class="num">{paging.words()}</p>
            {(paging.last() > 1)
                .then(|| view! { <div class="pager-steps">{step(previous, "Previous", "prev")} {step(next, "Next", "next")}</div> })}
        </nav>
    }
    .into_any()
}

/// `1 204`, with a thin space.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paging_says_where_we_are() {
        let paging = |page, total| Paging { page, per_page: 50, total }.words();
        assert_eq!(paging(1, 198), "1–50 of 198");
        assert_eq!(paging(4, 198), "151–198 of 198");
        assert_eq!(paging(1, 0), "None");
        assert_eq!(grouped(12_040), "12\u{202f}040");
        assert_eq!(grouped(1_204), "1204");
    }
}
