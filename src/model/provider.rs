//! The kinds of identity provider, and the words their own provisioning forms use.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::status::UnknownWord;

/// A kind of identity provider. It decides labels and the guide, never what the SCIM API accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Okta Workforce Identity.
    Okta,
    /// Microsoft Entra ID, formerly Azure Active Directory.
    Entra,
    /// Google Workspace.
    Google,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// Any other SCIM 2.0 client.
    Generic,
}

impl Provider {
    /// Every provider, in the order in which the picker shows them.
    pub const ALL: [Self; 6] =
        [Self::Okta, Self::Entra, Self::Google, Self::OneLogin, Self::JumpCloud, Self::Generic];

    /// The word used in the store, on the command line and in URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Google => "google",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Generic => "generic",
        }
    }

    /// The provider's name in the picker.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Entra ID (Azure AD)",
            Self::Google => "Google Workspace",
            Self::OneLogin => "OneLogin",
            Self::JumpCloud => "JumpCloud",
            Self::Generic => "Generic SCIM 2.0",
        }
    }

    /// The provider's name in running text.
    pub const fn short_label(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Generic => "your identity provider",
            other => other.label(),
        }
    }

    /// The name given to a directory when the admin gives none.
    pub const fn default_directory_name(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Generic => "SCIM 2.0",
            other => other.label(),
        }
    }

    /// What the provider's own form calls the SCIM base URL.
    pub const fn endpoint_label(self) -> &'static str {
        match self {
            Self::Okta => "SCIM 2.0 Base URL",
            Self::Entra => "Tenant URL",
            Self::OneLogin => "SCIM Base URL",
            Self::JumpCloud => "Base URL",
            Self::Google | Self::Generic => "Endpoint",
        }
    }

    /// What the provider's own form calls the directory token.
    pub const fn token_label(self) -> &'static str {
        match self {
            Self::Okta => "OAuth Bearer Token",
            Self::Entra => "Secret Token",
            Self::OneLogin => "SCIM Bearer Token",
            Self::JumpCloud => "Token Key",
            Self::Google | Self::Generic => "Bearer Token",
        }
    }

    /// Where the values go and what to expect afterwards, in one or two sentences; `None` when there is nothing to add.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Okta => Some(
                "In Okta: General → Enable SCIM provisioning, then Provisioning → Integration. Use userName as the unique identifier.",
            ),
            Self::Entra => {
                Some("Entra sends changes about every 20 to 40 minutes. Use Provision on demand to test now.")
            }
            Self::Google => Some(
                "Google Workspace has no general SCIM client. Only catalogue apps that Google runs can push people, and never groups. Reading its Directory API on a schedule is not available yet.",
            ),
            Self::OneLogin => Some(
                "In OneLogin: use the app SCIM Provisioner with SAML (SCIM v2 Core), then Configuration → API connection.",
            ),
            Self::JumpCloud => Some(
                "JumpCloud creates and deletes one test person and one test group when you activate. They get no mail.",
            ),
            Self::Generic => None,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| UnknownWord {
            what: "provider",
            got: text.to_owned(),
            accepted: "okta, entra, google, onelogin, jumpcloud, generic",
        })
    }
}

super::stored_word::stored_word!(Provider);
