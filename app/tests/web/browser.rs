//! A browser without a window: keeps cookies for as long as they live, follows what it is told to, and fills in forms.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use axum::Router;
use http::header;
use rollcall::{
    Rollcall,
    clock::{Clock, Timestamp},
    model::Role,
};

use crate::{
    company::{Company, PASSWORD},
    requests::{Answer, Ask},
};

/// A browser.
pub struct Browser {
    router: Router,
    clock: Clock,
    cookies: Mutex<BTreeMap<String, Cookie>>,
}

/// A cookie that the browser keeps.
struct Cookie {
    value: String,
    /// The first moment at which it is forgotten.
    until: Option<Timestamp>,
}

impl Browser {
    /// A fresh browser on a Rollcall's pages. Each has a server process of its own, as behind a load balancer.
    pub fn new(rollcall: &Rollcall) -> Self {
        let (router, clock) = (app::serve::router(rollcall), rollcall.clock.clone());
        Self { router, clock, cookies: Mutex::default() }
    }

    /// A browser in which this person has signed in.
    pub async fn of(company: &Company, email: &str) -> Self {
        let browser = Self::new(&company.rollcall);
        browser.signs_in(email, PASSWORD).await.leads_to("/");
        browser
    }

    /// A browser in which a member with this role is signed in: Ada for the owner, `{role}@acme.test` for others.
    pub async fn signed_in(company: &Company, role: Role) -> Self {
        let email = match role {
            Role::Owner => "ada@acme.test".to_owned(),
            other => format!("{other}@acme.test"),
        };
        if company.find(&email).await.is_none() {
            company.adds_by_hand(&email, role).await;
        }
        Self::of(company, &email).await
    }

    /// Fills in the sign-in form.
    pub async fn signs_in(&self, email: &str, password: &str) -> Answer {
        self.post("/login", &[("email", email), ("password", password)]).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Ask::new("GET", path)).await
    }

    /// Submits a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, fields).header("sec-fetch-site", "same-origin")).await
    }

    /// GET, and wherever it leads to.
    pub async fn visits(&self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            if !answer.status.is_redirection() {
                return answer;
            }
            answer = self.get(&answer.header(header::LOCATION)).await;
        }
        panic!("{path} leads round in circles");
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub async fn send(&self, ask: Ask) -> Answer {
        let now = self.clock.now();
        let cookies: Vec<String> = {
            let mut jar = self.cookies.lock().unwrap();
            forget(&mut jar, now);
            jar.iter().map(|(name, cookie)| format!("{name}={}", cookie.value)).collect()
        };
        let ask = if cookies.is_empty() { ask } else { ask.with("cookie", &cookies.join("; ")) };
        let answer = ask.to(&self.router).await;
        let mut jar = self.cookies.lock().unwrap();
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let life = line.split("; ").find_map(|part| part.strip_prefix("Max-Age="));
            let until = life.map(|seconds| now.plus(Duration::from_secs(seconds.parse().unwrap())));
            jar.insert(name.to_owned(), Cookie { value: value.to_owned(), until });
        }
        forget(&mut jar, now);
        drop(jar);
        answer
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).map(|cookie| cookie.value.clone())
    }

    /// Gives the browser a cookie.
    pub fn has_cookie(&self, name: &str, value: &str) {
        let cookie = Cookie { value: value.to_owned(), until: None };
        self.cookies.lock().unwrap().insert(name.to_owned(), cookie);
    }
}

/// Drops the cookies whose time is over.
fn forget(jar: &mut BTreeMap<String, Cookie>, now: Timestamp) {
    jar.retain(|_, cookie| cookie.until.is_none_or(|until| now < until));
}

/// A submitted form without the headers that say where it comes from.
pub fn form(path: &str, fields: &[(&str, &str)]) -> Ask {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Ask::new("POST", path)
        .header("host", "rollcall.acme.test")
        .header("content-type", "application/x-www-form-urlencoded")
        .bytes(body)
}

impl Answer {
    /// A page with this status that holds these words.
    #[track_caller]
    pub fn shows(&self, status: u16, words: &str) -> &Self {
        self.has_status(status);
        assert_eq!(self.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{}", self.asked);
        let page = self.words();
        assert!(page.contains(words), "{}: no “{words}” in {page}", self.asked);
        self
    }

    /// A redirect to exactly this.
    #[track_caller]
    pub fn leads_to(&self, path: &str) -> &Self {
        assert_eq!(
            (self.status.as_u16(), self.header(header::LOCATION).as_str()),
            (303, path),
            "{}: {}",
            self.asked,
            self.words()
        );
        self
    }

    /// The page without its markup.
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut inside = false;
        let page = self.text();
        // Scripts stand in the head alone.
        let body = page.split_once("<body>").map_or(page.as_str(), |(_, body)| body);
        for letter in body.chars() {
            match letter {
                '<' => inside = true,
                '>' if inside => inside = false,
                letter if !inside => words.push(letter),
                _ => {}
            }
        }
        let words =
            words.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&amp;", "&");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The value of the hidden field with this name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let page = self.text();
        let field = page
            .split("<input")
            .filter_map(|rest| rest.split('>').next())
            .find(|field| field.contains(&format!("name=\"{name}\"")))
            .unwrap_or_else(|| panic!("{}: no field {name}", self.asked));
        field.split("value=\"").nth(1).unwrap_or_default().split('"').next().unwrap_or_default().to_owned()
    }
}
