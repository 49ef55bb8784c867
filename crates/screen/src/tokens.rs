//! Secrets that their issuer gave a recognisable beginning, as a table: prefix, alphabet and length of what follows, and a check.
//!
//! A row holds what issuers document about their formats, or what their tokens plainly show. A length is the least that follows the
//! prefix: a longer run is taken whole, since a token glued to other text is still a token.

use crate::cursor::{at, before, is_alnum, run, slice};
use crate::verify;

/// Longest token: what is longer ends there. Without a bound, text made of prefixes would be read over and over.
const TOKEN_BYTES_MAX: usize = 2 * 1024;

/// What may follow a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// `0-9a-f` in either case.
    Hex,
    /// `A-Z2-7`, as in base32.
    Base32,
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Url,
    /// Letters, digits, `_`, `-` and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

impl Body {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            Self::Alnum => is_alnum(byte),
            Self::Url => is_alnum(byte) || matches!(byte, b'_' | b'-'),
            Self::Dotted => is_alnum(byte) || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => is_alnum(byte) || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

/// What must hold besides alphabet and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing.
    None,
    /// The length is exactly the least one.
    Exact,
    /// There is a digit and a letter: random, and no word of prose or name of a thing.
    Mixed,
    /// The last six characters are the CRC-32 of what stands between prefix and them.
    Crc,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) rule: &'static str,
    pub(crate) prefix: &'static str,
    body: Body,
    min: usize,
    check: Check,
}

impl Token {
    /// Where the token that begins here ends, if one does.
    pub(crate) fn end(&self, text: &[u8], start: usize) -> Option<usize> {
        let body = start + self.prefix.len();
        if is_alnum(before(text, start)) && is_alnum(at(text, start)) && !glued(text, start)
            || slice(text, start, body) != self.prefix.as_bytes()
        {
            return None;
        }
        let mut end = run(slice(text, 0, body + TOKEN_BYTES_MAX), body, |byte| self.body.holds(byte));
        while matches!(before(text, end), b'.' | b'-') && end > body {
            end -= 1;
        }
        let value = slice(text, body, end);
        let fits = value.len() >= self.min
            && match self.check {
                Check::None => true,
                Check::Exact => value.len() == self.min,
                Check::Mixed => value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic),
                Check::Crc => verify::crc_base62(value),
            };
        fits.then_some(end)
    }
}

/// Whether the letter before is the end of an escape such as `\n`, and so no part of the word.
fn glued(text: &[u8], start: usize) -> bool {
    matches!(before(text, start), b'n' | b'r' | b't' | b'b' | b'f') && before(text, start.saturating_sub(1)) == b'\\'
}

const fn row(rule: &'static str, prefix: &'static str, body: Body, min: usize, check: Check) -> Token {
    Token { rule, prefix, body, min, check }
}

use Body::{Alnum, Base32, Base64, Dotted, Hex, Url};
use Check::{Crc, Exact, Mixed, None as Any};

/// The table.
pub(crate) static TOKENS: &[Token] = &[
    row("aws-key", "AKIA", Base32, 16, Exact),
    row("aws-key", "ASIA", Base32, 16, Exact),
    row("aws-key", "ABIA", Base32, 16, Exact),
    row("aws-key", "ACCA", Base32, 16, Exact),
    row("aws-bedrock-key", "ABSK", Base64, 109, Any),
    row("google-api-key", "AIza", Url, 35, Any),
    row("google-oauth-secret", "GOCSPX-", Url, 28, Any),
    row("google-oauth-token", "ya29.", Url, 20, Mixed),
    row("google-refresh-token", "1//0", Url, 40, Mixed),
    row("alibaba-key", "LTAI", Alnum, 12, Mixed),
    row("tencent-key", "AKID", Alnum, 32, Any),
    row("yandex-token", "y0_", Url, 50, Any),
    row("yandex-key", "AQVN", Url, 35, Any),
    row("github-token", "ghp_", Alnum, 36, Crc),
    row("github-token", "gho_", Alnum, 36, Crc),
    row("github-token", "ghu_", Alnum, 36, Crc),
    row("github-token", "ghs_", Alnum, 36, Crc),
    row("github-token", "ghr_", Alnum, 36, Crc),
    row("github-token", "github_pat_", Url, 60, Any),
    row("gitlab-token", "glpat-", Dotted, 20, Any),
    row("gitlab-token", "gldt-", Url, 20, Any),
    row("gitlab-token", "glrt-", Dotted, 20, Any),
    row("gitlab-token", "glptt-", Hex, 40, Any),
    row("gitlab-token", "glcbt-", Url, 20, Any),
    row("gitlab-token", "glsoat-", Url, 20, Any),
    row("gitlab-token", "glimt-", Url, 20, Any),
    row("gitlab-token", "glft-", Url, 20, Any),
    row("gitlab-token", "glagent-", Url, 40, Any),
    row("gitlab-token", "gloas-", Hex, 60, Any),
    row("gitlab-token", "GR1348941", Url, 20, Any),
    row("bitbucket-token", "ATBB", Alnum, 32, Any),
    row("atlassian-token", "ATATT3", Url, 60, Any),
    row("atlassian-token", "ATCTT3", Url, 60, Any),
    row("npm-token", "npm_", Alnum, 36, Any),
    row("pypi-token", "pypi-AgE", Url, 50, Any),
    row("rubygems-key", "rubygems_", Hex, 48, Any),
    row("crates-token", "cio", Alnum, 32, Exact),
    row("nuget-key", "oy2", Alnum, 43, Exact),
    row("clojars-token", "CLOJARS_", Alnum, 60, Any),
    row("jfrog-key", "AKCp", Alnum, 60, Mixed),
    row("jfrog-token", "cmVmdGtu", Alnum, 50, Any),
    row("slack-token", "xoxb-", Url, 20, Mixed),
    row("slack-token", "xoxp-", Url, 20, Mixed),
    row("slack-token", "xoxa-", Url, 20, Mixed),
    row("slack-token", "xoxr-", Url, 20, Mixed),
    row("slack-token", "xoxs-", Url, 20, Mixed),
    row("slack-token", "xoxc-", Url, 20, Mixed),
    row("slack-token", "xoxd-", Url, 20, Mixed),
    row("slack-token", "xoxe-", Url, 20, Mixed),
    row("slack-token", "xoxe.xox", Dotted, 20, Mixed),
    row("slack-token", "xapp-", Url, 20, Mixed),
    row("stripe-key", "sk_live_", Alnum, 16, Any),
    row("stripe-key", "sk_test_", Alnum, 16, Any),
    row("stripe-key", "rk_live_", Alnum, 16, Any),
    row("stripe-key", "rk_test_", Alnum, 16, Any),
    row("webhook-secret", "whsec_", Base64, 24, Any),
    row("square-token", "sq0atp-", Url, 22, Any),
    row("square-token", "sq0csp-", Url, 40, Any),
    row("square-token", "EAAAE", Url, 55, Mixed),
    row("plaid-token", "access-production-", Url, 36, Any),
    row("plaid-token", "access-sandbox-", Url, 36, Any),
    row("paypal-token", "access_token$production$", Url, 40, Any),
    row("adyen-key", "AQE", Base64, 100, Mixed),
    row("flutterwave-key", "FLWSECK", Url, 30, Any),
    row("easypost-key", "EZAK", Alnum, 54, Any),
    row("shippo-token", "shippo_live_", Hex, 40, Any),
    row("twilio-key", "SK", Hex, 32, Exact),
    row("sendgrid-key", "SG.", Dotted, 60, Mixed),
    row("brevo-key", "xkeysib-", Url, 64, Any),
    row("mailgun-key", "key-", Hex, 32, Exact),
    row("mailgun-key", "pubkey-", Hex, 32, Exact),
    row("facebook-token", "EAAC", Alnum, 80, Any),
    row("facebook-token", "EAAB", Alnum, 80, Any),
    row("openai-key", "sk-proj-", Url, 40, Any),
    row("openai-key", "sk-svcacct-", Url, 40, Any),
    row("openai-key", "sk-admin-", Url, 40, Any),
    row("anthropic-key", "sk-ant-", Url, 40, Any),
    row("openrouter-key", "sk-or-v1-", Hex, 64, Any),
    row("langfuse-key", "sk-lf-", Url, 36, Any),
    row("openai-key", "sk-", Alnum, 32, Mixed),
    row("huggingface-token", "hf_", Alnum, 30, Any),
    row("huggingface-token", "api_org_", Alnum, 30, Any),
    row("replicate-token", "r8_", Alnum, 37, Any),
    row("groq-key", "gsk_", Alnum, 40, Any),
    row("xai-key", "xai-", Alnum, 70, Any),
    row("perplexity-key", "pplx-", Alnum, 40, Any),
    row("pinecone-key", "pcsk_", Url, 40, Any),
    row("langsmith-key", "lsv2_pt_", Url, 32, Any),
    row("langsmith-key", "lsv2_sk_", Url, 32, Any),
    row("nvidia-key", "nvapi-", Url, 50, Any),
    row("newrelic-key", "NRAK-", Alnum, 27, Any),
    row("newrelic-key", "NRII-", Url, 32, Any),
    row("newrelic-key", "NRJS-", Alnum, 19, Any),
    row("newrelic-key", "NRRA-", Hex, 42, Any),
    row("grafana-token", "glsa_", Url, 41, Any),
    row("grafana-token", "glc_", Base64, 32, Any),
    row("sentry-token", "sntrys_", Base64, 60, Any),
    row("sentry-token", "sntryu_", Hex, 64, Any),
    row("dynatrace-token", "dt0c01.", Dotted, 80, Any),
    row("dynatrace-token", "dt0s16.", Dotted, 80, Any),
    row("honeycomb-key", "hcaik_", Alnum, 50, Any),
    row("sonar-token", "squ_", Hex, 40, Any),
    row("sonar-token", "sqp_", Hex, 40, Any),
    row("sonar-token", "sqa_", Hex, 40, Any),
    row("vault-token", "hvs.", Url, 24, Any),
    row("vault-token", "hvb.", Url, 24, Any),
    row("vault-token", "hvr.", Url, 24, Any),
    row("vault-token", "s.", Alnum, 24, Exact),
    row("docker-token", "dckr_pat_", Url, 20, Any),
    row("docker-token", "dckr_oat_", Url, 20, Any),
    row("digitalocean-token", "dop_v1_", Hex, 64, Any),
    row("digitalocean-token", "doo_v1_", Hex, 64, Any),
    row("digitalocean-token", "dor_v1_", Hex, 64, Any),
    row("heroku-key", "HRKU-", Url, 36, Any),
    row("shopify-token", "shpat_", Hex, 32, Any),
    row("shopify-token", "shpss_", Hex, 32, Any),
    row("shopify-token", "shpca_", Hex, 32, Any),
    row("shopify-token", "shppa_", Hex, 32, Any),
    row("postman-key", "PMAK-", Url, 59, Any),
    row("linear-key", "lin_api_", Alnum, 40, Any),
    row("notion-token", "ntn_", Alnum, 40, Any),
    row("notion-token", "secret_", Alnum, 43, Exact),
    row("figma-token", "figd_", Url, 40, Any),
    row("airtable-token", "pat", Dotted, 79, Mixed),
    row("typeform-token", "tfp_", Url, 40, Any),
    row("contentful-token", "CFPAT-", Url, 43, Any),
    row("doppler-token", "dp.pt.", Alnum, 40, Any),
    row("doppler-token", "dp.st.", Dotted, 40, Any),
    row("doppler-token", "dp.ct.", Alnum, 40, Any),
    row("doppler-token", "dp.sa.", Alnum, 40, Any),
    row("onepassword-token", "ops_eyJ", Base64, 100, Any),
    row("planetscale-token", "pscale_tkn_", Dotted, 32, Any),
    row("planetscale-token", "pscale_pw_", Dotted, 32, Any),
    row("planetscale-token", "pscale_oauth_", Dotted, 32, Any),
    row("supabase-token", "sbp_", Hex, 40, Any),
    row("supabase-token", "sb_secret_", Url, 20, Any),
    row("pulumi-token", "pul-", Hex, 40, Any),
    row("databricks-token", "dapi", Hex, 32, Any),
    row("netlify-token", "nfp_", Alnum, 36, Any),
    row("flyio-token", "fo1_", Url, 40, Any),
    row("flyio-token", "fm2_", Base64, 60, Any),
    row("render-key", "rnd_", Alnum, 28, Any),
    row("circleci-token", "CCIPAT_", Url, 50, Any),
    row("buildkite-token", "bkua_", Hex, 40, Any),
    row("prefect-key", "pnu_", Alnum, 36, Any),
    row("sourcegraph-token", "sgp_", Url, 40, Any),
    row("launchdarkly-key", "sdk-", Url, 36, Exact),
    row("launchdarkly-key", "api-", Url, 36, Exact),
    row("tailscale-key", "tskey-", Url, 20, Any),
    row("mapbox-token", "sk.eyJ", Dotted, 60, Any),
    row("dropbox-token", "sl.", Url, 120, Any),
    row("okta-token", "SSWS 00", Url, 38, Any),
    row("age-key", "AGE-SECRET-KEY-1", Alnum, 58, Any),
    row("cloudflare-key", "v1.0-", Url, 150, Any),
    row("k3s-token", "K10", Hex, 64, Any),
    row("aws-mws-key", "amzn.mws.", Url, 36, Any),
    row("telnyx-key", "KEY0", Url, 40, Mixed),
    row("elevenlabs-key", "sk_", Hex, 48, Any),
];
