//! One pass over the text for everything that a secret can announce itself with.
//!
//! An Aho-Corasick automaton finds all keywords at once, in either case; what it finds is a place to look at closely, and no secret yet.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::tokens::{TOKENS, Token};

/// What to look for around a keyword.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    /// A token of this row.
    Token(&'static Token),
    /// A setting whose name has this word in it.
    Name,
    /// The authority of a URL.
    Url,
    /// PEM armour.
    Armour,
    /// Credentials after the name of an HTTP authentication scheme.
    Scheme,
    /// A JSON web token.
    WebToken,
    /// A hash of a password in the format of crypt(3).
    Crypt,
    /// A URL that is itself a credential.
    Webhook,
    /// A token that is recognised by its middle.
    Middle,
    /// A command that takes a password as an option.
    Command,
    /// An option `-p` that may hold a password.
    Option,
    /// The user and password before `@tcp(` or of `oracle:thin:`.
    Dsn,
    /// A telephone number.
    Phone,
    /// The name of a person.
    Person,
}

/// The automaton, and what each of its keywords asks for.
#[derive(Debug)]
pub(crate) struct Keywords {
    automaton: AhoCorasick,
    looks: Vec<Look>,
}

const NAMES: &[&str] = &[
    "passw",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "key",
    "auth",
    "credential",
    "creds",
    "cookie",
    "session",
    "signature",
    "sig=",
    "identified by",
    "cvv",
    "cvc",
    "ssn",
    "otp",
    "_pass",
    "_pw",
    "_salt",
    "otp_seed",
];
const WEBHOOKS: &[&str] = &[
    "hooks.slack.com/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/",
    "hooks.zapier.com/hooks/",
    "chat.googleapis.com/",
    "outlook.office.com/webhook/",
    "hooks.teams.",
    ".logic.azure.com",
];
const CRYPT: &[&str] = &["$2a$", "$2b$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$y$", "$argon2", "$pbkdf2", "$scrypt$", "{sha}", "{ssha}"];
const MIDDLES: &[&str] = &[".atlasv1.", ":AA", "8Q~", "7Q~", "token-", "-us"];
const COMMANDS: &[&str] = &["mysql", "mariadb", "sshpass ", "redis-cli ", "curl ", "mongo", "docker login", "htpasswd ", "ldap", "wget "];
const PHONES: &[&str] = &["phone", "tel:", "tel.", "mobile", "cell", "fax", "call ", "whatsapp", "sms ", "msisdn", "contact"];
const PERSONS: &[&str] = &[
    "customer",
    "full name",
    "full_name",
    "fullname",
    "first name",
    "first_name",
    "firstname",
    "last name",
    "last_name",
    "lastname",
    "surname",
    "given_name",
    "family_name",
    "cardholder",
    "patient",
    "employee",
    "recipient",
    "user \"",
    "user '",
    "display_name",
    "displayname",
];

impl Keywords {
    pub(crate) fn new() -> Self {
        let tokens = TOKENS.iter().map(|token| (token.prefix, Look::Token(token)));
        let words = [
            (NAMES, Look::Name),
            (&["://"], Look::Url),
            (&["-----BEGIN"], Look::Armour),
            (&["bearer", "basic ", "negotiate ", "apikey ", "geniekey ", "ssws ", "splunk ", "token "], Look::Scheme),
            (&["eyJ"], Look::WebToken),
            (CRYPT, Look::Crypt),
            (WEBHOOKS, Look::Webhook),
            (MIDDLES, Look::Middle),
            (COMMANDS, Look::Command),
            (&[" -p "], Look::Option),
            (&["@tcp(", "@unix(", "oracle:thin:"], Look::Dsn),
            (PHONES, Look::Phone),
            (PERSONS, Look::Person),
        ];
        let words = words.into_iter().flat_map(|(words, look)| words.iter().map(move |word| (*word, look)));
        let (patterns, looks): (Vec<&str>, Vec<Look>) = tokens.chain(words).unzip();
        #[expect(clippy::expect_used, reason = "the keywords are constant, and few enough for any automaton")]
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns)
            .expect("constant keywords");
        Self { automaton, looks }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.automaton.memory_usage() + self.looks.len() * size_of::<Look>()
    }

    /// Every keyword in the text, overlapping ones too: where it stands and what it asks for.
    pub(crate) fn find<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, usize, Look)> + 't {
        let found = self.automaton.find_overlapping_iter(text);
        found.filter_map(|found| self.looks.get(found.pattern().as_usize()).map(|look| (found.start(), found.end(), *look)))
    }
}
