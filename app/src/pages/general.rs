//! Settings → General: the workspace's name and its seats.

use leptos::prelude::*;

use super::{Field, Frame, Page, counted};
use crate::ui::{Here, PageHead, TextField, Tone, form_error, in_workspace, notice};

/// `/w/{slug}/settings/general`
#[derive(Clone, Debug)]
pub struct General {
    /// The frame.
    pub frame: Frame,
    /// The workspace's name.
    pub name: Field,
    /// Its seat limit; empty for none.
    pub seat_limit: Field,
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
        let Self { frame, name, seat_limit, seats, error } = self;
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
        in_workspace(
            &frame,
            Here::General,
            view! {
                <PageHead title="General" lead="The workspace's name and its seats.".into_any() />
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
                    </div>
                    {save}
                </form>
            },
        )
    }
}
