//! `/GroupMembers`: the members of one group, or the groups of one member, page by page, whatever their number. They
//! are written through the group.

use http::Method;
use scim::{
    Document,
    filter::{CompareOp, Filter, Literal},
    list::{ListQuery, SortKey},
    schema,
};
use serde_json::json;

use super::{
    auth::DirectoryAuth,
    failure::Failure,
    resources::{Narrowing, Resources},
};
use crate::store::{
    self, Conn,
    directory_group_members::{MemberCondition, MemberOfGroup},
    order::{Column, Order, Slice},
};

/// Any write.
pub(super) async fn refuse(_: DirectoryAuth, method: Method) -> Failure {
    scim::Error::method_not_allowed(format!(
        "/GroupMembers is read-only: {method} is not taken. Members come and go by PATCH or PUT of their group."
    ))
    .into()
}

/// The members of all groups together have no order that an index holds, and nobody needs them: one group is named, or
/// one member.
fn of_one(query: &ListQuery) -> Result<(), scim::Error> {
    const HOW: &str = "Ask with filter=group.value eq \"ID\", with filter=member.value eq \"ID\", or with both joined by and.";
    let narrowing = query.filter.as_ref().map(Narrowing::by::<GroupMembers>).unwrap_or_default();
    let names_one = |condition: &MemberCondition| {
        matches!(condition, MemberCondition::Group(_) | MemberCondition::Member(_))
    };
    if !narrowing.is_whole || !narrowing.conditions.iter().any(names_one) {
        return Err(scim::Error::invalid_filter(format!(
            "The members of one group can be listed, or the groups of one member. {HOW}"
        )));
    }
    if query.sort_by.is_some() {
        return Err(scim::Error::invalid_value(
            "The members of a group come in the order of their ids. Leave sortBy out.",
        ));
    }
    Ok(())
}

/// Members of one group as a list shows them.
pub(super) struct GroupMembers;

impl Resources for GroupMembers {
    type Row = MemberOfGroup;
    type Condition = MemberCondition;

    /// Nothing is.
    const APART: &'static str = "";

    fn kind(_: &DirectoryAuth) -> &schema::ResourceType {
        schema::group_member()
    }

    fn id(row: &MemberOfGroup) -> &str {
        &row.id
    }

    fn size(row: &MemberOfGroup) -> usize {
        row.group_name.len() + row.display.as_ref().map_or(0, String::len)
    }

    /// They come in the order of their ids alone.
    fn sort_key(_: &MemberOfGroup, _: Column) -> SortKey {
        SortKey::Absent
    }

    fn check(query: &ListQuery) -> Result<(), scim::Error> {
        of_one(query)
    }

    fn condition(filter: &Filter) -> Option<MemberCondition> {
        match filter {
            Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
                if path.schema.is_none() =>
            {
                let text = text.clone();
                match (path.attribute.as_str(), path.sub.as_deref()) {
                    ("group", Some("value")) => Some(MemberCondition::Group(text)),
                    ("member", Some("value")) => Some(MemberCondition::Member(text)),
                    ("member", Some("type")) => Some(MemberCondition::Kind(text)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn one_of(ids: Vec<String>) -> MemberCondition {
        MemberCondition::Ids(ids)
    }

    /// `{group}.{member}`, by their ids.
    async fn find(conn: &mut Conn, auth: &DirectoryAuth, id: String) -> store::Result<Option<MemberOfGroup>> {
        let (group, member) = id.split_once('.').unwrap_or_default();
        let conditions =
            [MemberCondition::Group(group.to_owned()), MemberCondition::Member(member.to_owned())];
        let slice = Slice { behind: None, offset: 0, limit: 1 };
        let mut found = Self::page(conn, auth, &conditions, Order::default(), slice).await?;
        Ok(found.pop())
    }

    async fn tag(_: &mut Conn, _: &MemberOfGroup, _: bool) -> store::Result<Option<String>> {
        Ok(None)
    }

    async fn page(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[MemberCondition],
        _: Order,
        slice: Slice<'_>,
    ) -> store::Result<Vec<MemberOfGroup>> {
        store::directory_group_members::list(conn, auth.directory(), conditions, slice).await
    }

    async fn count(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[MemberCondition],
    ) -> store::Result<i64> {
        store::directory_group_members::count(conn, auth.directory(), conditions).await
    }

    async fn render(
        _: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[MemberOfGroup],
        _: bool,
    ) -> crate::error::Result<Vec<Document>> {
        Ok(rows.iter().map(|row| document(&auth.base_url, row)).collect())
    }
}

fn document(base_url: &str, row: &MemberOfGroup) -> Document {
    let kind = schema::group_member();
    let id = &row.id;
    let mut member = json!({
        "value": row.member_id,
        "$ref": format!("{base_url}/{}s/{}", row.member_kind, row.member_id),
        "type": row.member_kind,
    });
    if let Some(display) = &row.display {
        member["display"] = json!(display);
    }
    let mut document = Document::new();
    document.insert("schemas".to_owned(), json!([kind.schema.id]));
    document.insert("id".to_owned(), json!(id));
    document.insert(
        "group".to_owned(),
        json!({
            "value": row.group_id,
            "$ref": format!("{base_url}/Groups/{}", row.group_id),
            "display": row.group_name,
        }),
    );
    document.insert("member".to_owned(), member);
    document.insert(
        "meta".to_owned(),
        json!({ "resourceType": kind.id, "location": format!("{base_url}{}/{id}", kind.endpoint) }),
    );
    document
}
