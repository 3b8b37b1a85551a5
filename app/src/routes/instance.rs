//! `/instance`: the installation as a whole, for those who look after it.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    config::Config,
    mail::{self, Addressee, Answer, Identity, Message, Transport, Trouble, sender_domain, templates},
    model::MailTemplate,
    people::instance,
    store::{self, accounts::Account},
};
use serde::Deserialize;

use super::{App, failure::Result, frame::reader, guard::SignedIn};
use crate::{
    pages::{
        email_log,
        instance::{Instance, MailFacts, Preview, PreviewPart, Tested},
        instance_sender::{self, Sender},
    },
    site::{Flash, Site},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/instance", get(show))
        .route("/instance/test-mail", post(test_mail))
        .route(instance_sender::CHECK, post(check_sender))
        .route("/instance/mails/{template}", get(preview))
        .route("/instance/mails/{template}/html", get(preview_html))
}

/// Waiting mails are counted no further.
pub(super) const MOST_COUNTED: i64 = 1000;

async fn show(State(app): State<App>, headers: HeaderMap, SignedIn(account): SignedIn) -> Response {
    answer(&app, &headers, load(&app, &account, None).await).await
}

async fn answer(app: &App, headers: &HeaderMap, page: Result<Instance>) -> Response {
    match page {
        Ok(page) => app.site.respond(headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(headers, Some("/".to_owned()), failure).await,
    }
}

async fn load(app: &App, account: &Account, tested: Option<Tested>) -> Result<Instance> {
    let now = app.rollcall.clock.now();
    let config = &app.rollcall.config;
    let mut conn = app.rollcall.db.read().await?;
    instance::require_admin(&mut conn, account).await?;
    let waiting = waiting(&mut conn).await?;
    let trouble = Trouble::find(&mut conn).await?.map(|trouble| email_log::Trouble {
        since: trouble.since.0,
        words: trouble.words,
        waiting: waiting.clone(),
    });
    let bounces = match (&config.return_path, &config.bounce_secret) {
        (Some(_), Some(_)) => "heard of by return path and webhook",
        (Some(_), None) => "heard of by return path",
        (None, Some(_)) => "heard of by webhook",
        (None, None) => "not heard of: accepted mail may have come back",
    };
    Ok(Instance {
        now: now.0,
        version: env!("CARGO_PKG_VERSION"),
        engine: app.rollcall.db.engine_name(),
        migrations: app.rollcall.db.migrations(),
        base_url: config.base_url.as_str().to_owned(),
        mail: MailFacts {
            transport: format!("{:?}", config.mail),
            from: config.mail_from.to_string(),
            reply_to: config.mail_reply_to.as_ref().map(ToString::to_string),
            bounces,
            rate: config.mail_rate,
            waiting,
            due_since: store::mail_log::waiting_since(&mut conn, now).await?.map(|at| at.0),
        },
        sender: sender(&mut conn, config).await?,
        trouble,
        tested,
        reader: reader(account, true),
    })
}

async fn sender(conn: &mut store::Conn, config: &Config) -> Result<Option<Sender>> {
    let standing = sender_domain::find(conn, config).await?;
    let domain = sender_domain::shown_domain(config.mail_from.email.domain());
    Ok(standing.map(|standing| Sender { domain, standing }))
}

/// Asks the DNS at once.
async fn check_sender(State(app): State<App>, headers: HeaderMap, SignedIn(account): SignedIn) -> Response {
    let checked: Result<()> = async {
        instance::require_admin(&mut app.rollcall.db.read().await?, &account).await?;
        Ok(sender_domain::look_up(&app.rollcall).await?)
    }
    .await;
    match checked {
        Ok(()) => app.site.redirect(instance_sender::PLACE, Flash::done("The DNS was asked again")),
        Err(failure) => app.failed(&headers, Some("/".to_owned()), failure).await,
    }
}

/// How many mails wait, of all workspaces and of none.
pub(super) async fn waiting(conn: &mut store::Conn) -> Result<String> {
    let waiting = store::mail_log::count_all_waiting(conn, MOST_COUNTED + 1).await?;
    Ok(counted_mails(waiting))
}

/// A number of mails that was counted up to one more than [`MOST_COUNTED`].
pub(super) fn counted_mails(number: i64) -> String {
    if number > MOST_COUNTED { format!("more than {MOST_COUNTED}") } else { number.to_string() }
}

/// Sends a mail at once, past the outbox: what the relay answers is what is asked for.
async fn test_mail(State(app): State<App>, headers: HeaderMap, SignedIn(account): SignedIn) -> Response {
    let tested = match try_sending(&app, &account).await {
        Ok(tested) => tested,
        Err(failure) => return app.failed(&headers, Some("/".to_owned()), failure).await,
    };
    answer(&app, &headers, load(&app, &account, Some(tested)).await).await
}

async fn try_sending(app: &App, account: &Account) -> Result<Tested> {
    instance::require_admin(&mut app.rollcall.db.read().await?, account).await?;
    let transport = Transport::new(&app.rollcall.config.mail, &app.rollcall.db).map_err(Error::Internal)?;
    let answer = mail::send_test_mail(&app.rollcall, &transport, account).await?;
    transport.close().await;
    Ok(match answer {
        Answer::Accepted(words) => Tested::Accepted(words),
        Answer::Kept => Tested::Kept,
        other => Tested::Failed(other.words().to_owned()),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    language: String,
    show: String,
}

async fn preview(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    Path(template): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let page: Result<Preview> = async {
        let (template, message) = sample(&app, &account, &template, &asked).await?;
        Ok(Preview {
            reader: reader(&account, true),
            template,
            subject: message.subject,
            language: language(&asked).to_owned(),
            languages: mail::languages().collect(),
            part: match asked.show.as_str() {
                "dark" => PreviewPart::Dark,
                "text" => PreviewPart::Text(message.text),
                _ => PreviewPart::Light,
            },
        })
    }
    .await;
    match page {
        Ok(page) => app.site.respond(&headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&headers, Some("/instance".to_owned()), failure).await,
    }
}

async fn preview_html(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    Path(template): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match sample(&app, &account, &template, &asked).await {
        Ok((_, message)) => Site::mail_frame(&in_colours(&message.html, asked.show == "dark")),
        Err(failure) => app.failed(&headers, Some("/instance".to_owned()), failure).await,
    }
}

/// The language asked for, or the first one.
fn language(asked: &Asked) -> &'static str {
    let mut tags = mail::languages().map(|(tag, _)| tag);
    tags.find(|tag| *tag == asked.language).unwrap_or("en")
}

async fn sample(
    app: &App,
    account: &Account,
    template: &str,
    asked: &Asked,
) -> Result<(MailTemplate, Message)> {
    instance::require_admin(&mut app.rollcall.db.read().await?, account).await?;
    let template: MailTemplate = template.parse().map_err(|_| Error::NotFound { what: "mail" })?;
    let config = &app.rollcall.config;
    let now = app.rollcall.clock.now();
    let identity = Identity::new(app.rollcall.clock.new_id(), 1, config, now);
    let addressee = Addressee { email: account.email.clone(), language: Some(language(asked).to_owned()) };
    let message = templates::sample(template, now)
        .render(&addressee, &identity, &config.base_url)
        .map_err(Error::Internal)?;
    Ok((template, message))
}

/// The mail as a program with these colours shows it, whatever the browser's own are.
fn in_colours(html: &str, dark: bool) -> String {
    let rule = if dark { "@media all" } else { "@media not all" };
    let scheme = if dark { "dark" } else { "light" };
    html.replace("@media (prefers-color-scheme: dark)", rule)
        .replace("content=\"light dark\"", &format!("content=\"{scheme}\""))
        .replace("color-scheme: light dark", &format!("color-scheme: {scheme}"))
}
