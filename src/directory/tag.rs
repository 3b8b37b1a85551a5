//! The entity tag of a person. What a client reads of them are their own attributes, counted by a version, and the groups
//! that they are in, which change by requests about these groups. The tag names both: `W/"12"` without groups,
//! `W/"12-6f0c93a1b7d2e845"` with them. So a push of a thousand members writes no thousand people.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::store::directory_nesting::GroupOfUser;

/// The tag of a person who is in these groups; no groups when the client does not want them.
pub fn of_user(version: i64, groups: &[&GroupOfUser]) -> String {
    if groups.is_empty() {
        return scim::etag::weak(version);
    }
    let mut digest = Sha256::new();
    for group in groups {
        for part in [group.group_id.as_str(), &group.display_name, &group.distance.to_string()] {
            digest.update(part);
            digest.update([0]);
        }
    }
    let mut tag = format!("W/\"{version}-");
    for byte in &digest.finalize()[..8] {
        // Writing to a text cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// A list of tags, as `If-Match` has it, without what the tags say of groups.
pub(super) fn without_groups(header: &str) -> String {
    let tags = header.split(',').map(|tag| match tag.split_once('-') {
        Some((version, _)) if version.contains('"') => format!("{version}\""),
        Some((version, _)) => version.to_owned(),
        None => tag.to_owned(),
    });
    tags.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, name: &str, distance: i64) -> GroupOfUser {
        GroupOfUser {
            user_id: rollcall_id("u"),
            group_id: crate::model::DirectoryGroupId(id.to_owned()),
            display_name: name.to_owned(),
            distance,
        }
    }

    fn rollcall_id(id: &str) -> crate::model::DirectoryUserId {
        crate::model::DirectoryUserId(id.to_owned())
    }

    #[test]
    fn every_difference_of_the_groups_is_another_tag() {
        let (a, b, renamed, indirect) =
            (group("a", "A", 0), group("b", "B", 0), group("a", "A2", 0), group("a", "A", 1));
        let tags = [
            of_user(1, &[]),
            of_user(2, &[]),
            of_user(1, &[&a]),
            of_user(2, &[&a]),
            of_user(1, &[&a, &b]),
            of_user(1, &[&renamed]),
            of_user(1, &[&indirect]),
        ];
        let different: std::collections::BTreeSet<&String> = tags.iter().collect();
        assert_eq!(different.len(), tags.len(), "{tags:?}");
        assert_eq!(tags[0], "W/\"1\"");
        assert_eq!(of_user(1, &[&a]), tags[2]);
    }

    #[test]
    fn a_write_looks_at_the_version_alone() {
        let with_groups = of_user(12, &[&group("a", "A", 0)]);
        for (header, expected) in [
            (with_groups.as_str(), "W/\"12\""),
            ("W/\"12\"", "W/\"12\""),
            ("12-6f0c", "12"),
            ("*", "*"),
            ("W/\"11-aa\", \"12-bb\"", "W/\"11\", \"12\""),
            ("", ""),
        ] {
            assert_eq!(without_groups(header), expected, "{header}");
        }
    }
}
