//! Settings → General: the workspace's name, its seats and the language of its mails.

use leptos::prelude::*;

use super::{Field, Frame, Page, counted};
use crate::ui::{Choice, Here, PageHead, SelectField, TextField, Tone, form_error, in_workspace, notice};

/// `/w/{slug}/settings/general`
#[derive(Clone, Debug)]
pub struct General {
    /// The frame.
    pub frame: Frame,
    /// The workspace's name.
    pub name: Field,
    /// Its seat limit; empty for none.
    pub seat_limit: Field,
    /// The languages of mails, the workspace's chosen.
    pub languages: Vec<Choice>,
    /// What is wrong with the language.
    pub language_error: Option<String>,
    /// Seats that are taken.
    pub seats: u64,
    /// What is wrong with all of it.
    pub error: Option<String>,
}

impl Page for General {
    fn title(&self) -> String {
        format!("General · {}", self.frame.workspace.name)
    }

    fn view(self) -> AnyView {
        let Self { frame, name, seat_limit, languages, language_error, seats, error } = self;
        let manages = frame.may_manage();
        let read_only = (!manages)
            .then(|| notice(Tone::Info, "Only owners and admins can change these. You see how they are."));
        let taken = format!(
            "{} taken by active and invited people. Beyond the limit, people from a directory wait and nobody can be invited.",
            counted(seats, "seat is", "seats are"),
        );
        let save = manages.then(|| {
            view! {
                <div class="card-foot end">
                    <button class="button">"Save changes"</button>
                </div>
            }
        });
        let hint =
            "For people whose directory names no language of their own, and who were invited without one.";
        let chosen = languages.iter().find(|choice| choice.chosen).map(|choice| choice.label.clone());
        let language = if manages {
            view! {
                <SelectField
                    name="language"
                    label="Language of mails"
                    choices=languages
                    hint=hint
                    error=language_error
                />
            }
            .into_any()
        } else {
            let field = Field { value: chosen.unwrap_or_default(), error: None };
            view! { <TextField name="language" label="Language of mails" field=field readonly=true hint=hint /> }
                .into_any()
        };
        in_workspace(
            &frame,
            Here::General,
            view! {
                <PageHead title="General" lead="The workspace's name, its seats and the language of its mails.".into_any() />
                {read_only}
                <form class="card" method="post" action=frame.url("/settings/general")>
                    <div class="card-head">
                        <div class="card-words">
                            <h2>"Workspace"</h2>
                        </div>
                    </div>
                    <div class="card-body">
                        {form_error(error)}
                        <div class="pair">
                            <TextField
                                name="name"
                                label="Name"
                                field=name
                                readonly=!manages
                                hint=format!("The address stays /w/{}.", frame.workspace.slug)
                            />
                            <TextField
                                name="seat_limit"
                                label="Seat limit"
                                field=seat_limit
                                optional=true
                                readonly=!manages
                                placeholder="No limit"
                                hint=taken
                            />
                        </div>
                        <div class="pair">{language}</div>
                    </div>
                    {save}
                </form>
            },
        )
    }
}
