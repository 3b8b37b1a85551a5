//! Asking the DNS for TXT records.

use std::{net::SocketAddr, time::Duration};

use futures::future::join_all;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RData},
};

use super::{Answer, Answers};
use crate::mail::one_line;

/// For all questions together, which are asked at the same time.
const PATIENCE: Duration = Duration::from_secs(3);
/// For one try; there are two, because a resolver may first have to find the answer itself.
const ONE_TRY: Duration = Duration::from_millis(1450);

/// No more records of one name are kept, and none that is longer in bytes.
const MOST_RECORDS: usize = 10;
const LONGEST: usize = 4096;

/// A question for the TXT records of a name.
pub(super) struct Question {
    /// The name.
    pub(super) name: String,
    /// Which of its records are meant.
    pub(super) wanted: fn(&str) -> bool,
}

/// What this server answers, or the one that the system names.
pub(super) async fn ask(server: Option<SocketAddr>, questions: Vec<Question>) -> Answers {
    let resolver = match resolver(server) {
        Ok(resolver) => resolver,
        Err(cause) => {
            let why = format!("the system names no DNS server ({})", one_line(&cause.to_string(), 200));
            return questions.into_iter().map(|it| (it.name, Answer::Failed(why.clone()))).collect();
        }
    };
    let answers = questions.into_iter().map(async |question| {
        let answer = answer(&resolver, &question).await;
        (question.name, answer)
    });
    join_all(answers).await.into_iter().collect()
}

fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        None => TokioResolver::builder_tokio()?,
        Some(server) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = ONE_TRY;
    options.attempts = 1;
    options.use_hosts_file = ResolveHosts::Never;
    // Of an answer by way of another name (CNAME) we want to see the way.
    options.preserve_intermediates = true;
    builder.build()
}

async fn answer(resolver: &TokioResolver, question: &Question) -> Answer {
    // The dot at the end keeps the system's search list out of it.
    let Ok(name) = Name::from_ascii(format!("{}.", question.name)) else {
        return Answer::Failed("it is no name that the DNS can hold".to_owned());
    };
    match tokio::time::timeout(PATIENCE, resolver.txt_lookup(name.clone())).await {
        Ok(Ok(lookup)) => records(&name, &lookup, question.wanted),
        Ok(Err(NetError::Dns(DnsError::NoRecordsFound(_)))) => Answer::None,
        Ok(Err(cause)) => Answer::Failed(why(&cause)),
        Err(_) => Answer::Failed(why(&NetError::Timeout)),
    }
}

fn why(cause: &NetError) -> String {
    match cause {
        NetError::Timeout => format!("no answer within {} seconds", PATIENCE.as_secs()),
        NetError::Dns(DnsError::ResponseCode(code)) => format!("the DNS server answered “{code}”"),
        other => one_line(&other.to_string(), 200),
    }
}

/// The wanted records among those that are really of this name, or of the one that it is another name for.
fn records(name: &Name, lookup: &Lookup, wanted: fn(&str) -> bool) -> Answer {
    let mut names = vec![name];
    for record in lookup.answers() {
        if let RData::CNAME(target) = &record.data
            && names.contains(&&record.name)
        {
            names.push(&target.0);
        }
    }
    let texts = lookup.answers().iter().filter(|record| names.contains(&&record.name)).filter_map(|record| {
        match &record.data {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        }
    });
    let mut found = Vec::new();
    for bytes in texts {
        let text = printable(&bytes[..bytes.len().min(LONGEST)]);
        if !wanted(&text) {
            continue;
        }
        if bytes.len() > LONGEST {
            return Answer::Failed(format!(
                "it has a record of {} bytes, and no more than {LONGEST} are read",
                bytes.len()
            ));
        }
        found.push(text);
    }
    found.truncate(MOST_RECORDS);
    if found.is_empty() { Answer::None } else { Answer::Records(found) }
}

/// As zone files write it: nothing in it can do anything to whoever looks at it.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' '..=b'~' if *byte != b'\\' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\{other:03}")),
        }
    }
    text
}
