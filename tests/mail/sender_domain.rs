//! What the DNS says of the sender's domain, asked of a server that says what it is told to.

use std::net::SocketAddr;

use futures::future::join_all;
use rollcall::{
    Rollcall,
    config::{Config, MailTransport},
    mail::{
        ReturnPath, parse_sender, parse_smtp_url,
        sender_domain::{self, Finding, Mark, Standing},
    },
    store::{Create, DatabaseUrl, Db},
};

use crate::{
    dns::{Says, dns_server, txt},
    support::{TestStore, each_engine, fixed_clock, rollcall},
};

fn from(config: &mut Config, sender: &str) {
    config.mail = MailTransport::Smtp(parse_smtp_url("smtp://127.0.0.1:2525").unwrap());
    config.mail_from = parse_sender(sender).unwrap();
}

async fn standing(rollcall: &Rollcall) -> Option<Standing> {
    let mut conn = rollcall.db.read().await.unwrap();
    sender_domain::find(&mut conn, &rollcall.config).await.unwrap()
}

/// What is found for acme.com when the DNS says this of it and of `_dmarc.acme.com`.
async fn found<const N: usize>(zone: [(&str, Says); N]) -> (Finding, Finding) {
    found_at(dns_server(zone).await).await
}

async fn found_at(server: SocketAddr) -> (Finding, Finding) {
    let folder = tempfile::tempdir().unwrap();
    let url: DatabaseUrl = format!("sqlite:{}", folder.path().join("rollcall.db").display()).parse().unwrap();
    let db = Db::open(&url, Create::IfMissing).await.unwrap();
    let rollcall = rollcall(&TestStore { db, url }, &fixed_clock(), |config| {
        from(config, "rollcall@acme.com");
        config.dns_server = Some(server);
    });
    sender_domain::look_up(&rollcall).await.unwrap();
    match standing(&rollcall).await {
        Some(Standing::LookedUp { spf, dmarc, .. }) => (*spf, *dmarc),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_looked_up_is_kept_for_every_process() {
    each_engine(async |store| {
        let server = dns_server([
            ("acme.com", txt(&["google-site-verification=x", "v=spf1 include:relay.net -all"])),
            ("_dmarc.acme.com", txt(&["v=DMARC1; p=reject"])),
        ])
        .await;
        let clock = fixed_clock();
        let change = |config: &mut Config| {
            from(config, "Rollcall <rollcall@acme.com>");
            config.dns_server = Some(server);
        };
        let one = rollcall(&store, &clock, change);
        assert_eq!(standing(&one).await, Some(Standing::NotLookedUp));
        sender_domain::look_up(&one).await.unwrap();

        let other = rollcall(&store.open_again().await, &clock, change);
        let Some(Standing::LookedUp { at, spf, dmarc }) = standing(&other).await else { panic!() };
        assert_eq!((at, spf.mark, dmarc.mark), (clock.now(), Mark::Fine, Mark::Fine));
        assert_eq!(spf.found[0].text, "v=spf1 include:relay.net -all");

        // Of another sender nothing is known.
        let renamed = rollcall(&store, &clock, |config| from(config, "rollcall@acme.net"));
        assert_eq!(standing(&renamed).await, Some(Standing::NotLookedUp));
        let moved = rollcall(&store, &clock, |config| {
            change(config);
            config.return_path = Some(ReturnPath::parse("b+{id}@relay.net").unwrap());
        });
        assert_eq!(standing(&moved).await, Some(Standing::NotLookedUp));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_asked_where_nobody_could_answer() {
    each_engine(async |store| {
        let clock = fixed_clock();
        let mailbox = rollcall(&store, &clock, |_| {});
        sender_domain::look_up(&mailbox).await.unwrap();
        assert_eq!(standing(&mailbox).await, None);
        let private = rollcall(&store, &clock, |config| from(config, "rollcall@acme.test"));
        sender_domain::look_up(&private).await.unwrap();
        assert_eq!(standing(&private).await, Some(Standing::NotPublic));
    })
    .await;
}

#[tokio::test]
async fn the_return_path_is_what_spf_is_checked_against() {
    each_engine(async |store| {
        let server = dns_server([
            ("acme.com", txt(&["v=spf1 -all"])),
            ("bounces.relay.net", txt(&["v=spf1 ip4:127.0.0.1 -all"])),
            ("_dmarc.acme.com", txt(&["v=DMARC1; p=quarantine"])),
        ])
        .await;
        let rollcall = rollcall(&store, &fixed_clock(), |config| {
            from(config, "rollcall@acme.com");
            config.return_path = Some(ReturnPath::parse("b+{id}@Bounces.relay.net").unwrap());
            config.dns_server = Some(server);
        });
        sender_domain::look_up(&rollcall).await.unwrap();
        let Some(Standing::LookedUp { spf, dmarc, .. }) = standing(&rollcall).await else { panic!() };
        assert_eq!(spf.mark, Mark::Fine, "{spf:?}");
        assert!(
            spf.says.contains("bounces.relay.net") && spf.says.contains("It names your relay, 127.0.0.1.")
        );
        assert_eq!(dmarc.mark, Mark::Weak, "{dmarc:?}");
        assert!(dmarc.says.contains("The return path is of bounces.relay.net"), "{dmarc:?}");
    })
    .await;
}

#[tokio::test]
async fn no_such_name_and_no_such_record_are_missing() {
    let (spf, dmarc) = found([("acme.com", Says::NoData)]).await;
    assert_eq!((spf.mark, dmarc.mark), (Mark::Missing, Mark::Missing), "{spf:?} {dmarc:?}");
    let (spf, dmarc) =
        found([("acme.com", txt(&["hello"])), ("_dmarc.acme.com", txt(&["v=spf1 -all"]))]).await;
    assert_eq!((spf.mark, dmarc.mark), (Mark::Missing, Mark::Missing), "{spf:?} {dmarc:?}");
}

#[tokio::test]
async fn a_server_that_refuses_says_nothing_about_the_record() {
    let (spf, dmarc) = found([("acme.com", Says::Code(2)), ("_dmarc.acme.com", Says::Code(5))]).await;
    for (finding, code) in [(spf, "Server Failure"), (dmarc, "Query Refused")] {
        assert_eq!(finding.mark, Mark::Unknown, "{finding:?}");
        assert!(finding.says.contains(code), "{}", finding.says);
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_waited_for_no_longer_than_the_other_answer() {
    let (spf, dmarc) =
        found([("acme.com", Says::Nothing), ("_dmarc.acme.com", txt(&["v=DMARC1; p=none"]))]).await;
    assert_eq!((spf.mark, dmarc.mark), (Mark::Unknown, Mark::Fine), "{spf:?} {dmarc:?}");
    assert!(spf.says.contains("no answer within 3 seconds"), "{}", spf.says);
}

#[tokio::test]
async fn what_is_no_answer_is_none() {
    // Noise; a message that claims a record and ends; a pointer to itself.
    let claims = [&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0][..], &[0xc0, 12, 0, 16]].concat();
    let loops = [&[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0][..], &[0xc0, 12, 0, 16, 0, 1]].concat();
    let all = [vec![0xff; 40], Vec::new(), claims, loops].map(async |bytes| {
        let (spf, _) = found([("acme.com", Says::Bytes(bytes.clone()))]).await;
        assert_eq!(spf.mark, Mark::Unknown, "{bytes:?}: {spf:?}");
    });
    join_all(all).await;
    let (spf, _) = found([("acme.com", Says::OfAnother("evil.com", "v=spf1 +all"))]).await;
    assert!(spf.found.is_empty(), "{spf:?}");
}

#[tokio::test]
async fn a_record_may_stand_at_another_name() {
    let (spf, dmarc) = found([
        ("acme.com", Says::OfAnother("evil.com", "v=spf1 +all")),
        ("_dmarc.acme.com", Says::Alias("_dmarc.relay.net", "v=DMARC1; p=reject")),
    ])
    .await;
    assert!(spf.found.is_empty(), "{spf:?}");
    assert_eq!(dmarc.mark, Mark::Fine, "{dmarc:?}");
}

#[tokio::test]
async fn a_long_answer_comes_by_tcp_and_is_read_to_its_bound() {
    let padding = "x".repeat(3000);
    let (spf, dmarc) = found([
        ("acme.com", txt(&[&padding, "v=spf1 mx -all", &padding])),
        ("_dmarc.acme.com", txt(&[&format!("v=DMARC1; p=reject; x={padding}{padding}")])),
    ])
    .await;
    assert_eq!((spf.mark, spf.found.len()), (Mark::Fine, 1), "{spf:?}");
    assert_eq!(dmarc.mark, Mark::Unknown);
    assert!(dmarc.says.contains("a record of 6022 bytes"), "{}", dmarc.says);

    // As long as DNS lets a message be, and records without end.
    let many = vec!["v=spf1 mx -all"; 200];
    let (spf, _) = found([("acme.com", txt(&many)), ("_dmarc.acme.com", txt(&[&"y".repeat(60_000)]))]).await;
    assert_eq!((spf.mark, spf.found.len()), (Mark::Broken, 10));
}

#[tokio::test]
async fn what_a_record_holds_is_written_so_that_it_does_nothing() {
    let odd = b"v=spf1 \x1b[31m\x00\n\xe2\x80\xae\\\"<b>&amp; -all".to_vec();
    let (spf, _) = found([("acme.com", Says::Txt(vec![odd]))]).await;
    assert_eq!(spf.mark, Mark::Broken);
    assert_eq!(spf.found[0].text, r#"v=spf1 \027[31m\000\010\226\128\174\092"<b>&amp; -all"#);
}

#[tokio::test]
async fn a_server_that_is_not_there_says_nothing_about_the_record() {
    let (spf, dmarc) = found_at("127.0.0.1:1".parse().unwrap()).await;
    assert_eq!((spf.mark, dmarc.mark), (Mark::Unknown, Mark::Unknown), "{spf:?} {dmarc:?}");
}
