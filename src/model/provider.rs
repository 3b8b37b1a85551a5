//! The kinds of identity provider, and the words their own provisioning forms use.

use super::words::words;

words! {
    /// A kind of identity provider, in the order in which the picker shows them. It decides labels and the guide, never
    /// what the SCIM API accepts.
    Provider ("provider": "okta, entra, google, onelogin, jumpcloud, generic") {
        /// Okta Workforce Identity.
        Okta = "okta", "Okta";
        /// Microsoft Entra ID, formerly Azure Active Directory.
        Entra = "entra", "Entra ID (Azure AD)";
        /// Google Workspace.
        Google = "google", "Google Workspace";
        /// OneLogin.
        OneLogin = "onelogin", "OneLogin";
        /// JumpCloud.
        JumpCloud = "jumpcloud", "JumpCloud";
        /// Any other SCIM 2.0 client.
        Generic = "generic", "Generic SCIM 2.0";
    }
}

impl Provider {
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
