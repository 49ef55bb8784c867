//! How much memory a runtime is allowed to take, read from environment and command line. Sizes are in bytes.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, Graph};

/// Values longer than this are no settings of a heap.
const VALUE_BYTES_MAX: usize = 8 * 1024;

/// A bound that a runtime was given.
#[derive(Debug, Clone)]
pub(super) struct Setting<'g> {
    /// The bound.
    pub(super) bytes: i128,
    /// As written: `-Xmx2500M`.
    pub(super) option: String,
    /// ` in \`JAVA_OPTS\``, for a sentence.
    pub(super) place: String,
    /// Where it is written.
    pub(super) at: At<'g>,
    /// The object that holds it.
    pub(super) holder: EntityId,
}

/// The largest bound that a container's runtime is given.
pub(super) fn largest<'g>(graph: &'g Graph, holder: Entity<'g>, container: At<'g>) -> Option<Setting<'g>> {
    let mut found: Vec<Setting<'g>> = Vec::new();
    let mut look = |name: Option<&str>, at: At<'g>, owner: EntityId| {
        let Some(text) = at.text().filter(|text| text.len() <= VALUE_BYTES_MAX) else { return };
        let place = name.map(|name| format!(" in `{name}`")).unwrap_or_default();
        if name == Some("GOMEMLIMIT") {
            found.extend(size(text, 1).map(|bytes| Setting {
                bytes,
                option: format!("GOMEMLIMIT={text}"),
                place: String::new(),
                at,
                holder: owner,
            }));
        }
        for (bytes, option) in options(text) {
            found.push(Setting { bytes, option, place: place.clone(), at, holder: owner });
        }
    };
    for variable in container.get("env").items() {
        let name = variable.get("name").text();
        look(name, variable.get("value"), holder.id);
        let reference = variable.at("valueFrom/configMapKeyRef");
        if let Some(map) = config_map(graph, holder, reference.get("name")) {
            look(name, map.at("data").get(reference.get("key").text_or_empty()), map.id);
        }
    }
    for source in container.get("envFrom").items() {
        if let Some(map) = config_map(graph, holder, source.at("configMapRef/name")) {
            for (key, value) in map.at("data").entries() {
                look(Some(key), value, map.id);
            }
        }
    }
    for field in ["command", "args"] {
        for word in container.get(field).items() {
            look(Some(field), word, holder.id);
        }
    }
    found.into_iter().max_by(|a, b| a.bytes.cmp(&b.bytes).then_with(|| b.option.cmp(&a.option)))
}

fn config_map<'g>(graph: &'g Graph, holder: Entity<'g>, name: At<'g>) -> Option<Entity<'g>> {
    graph.find(&holder.reference().beside(Kind::ConfigMap, name.text()?))
}

/// The heap options in a text. Of one option given twice, the runtimes take the last.
fn options(text: &str) -> Vec<(i128, String)> {
    // The figure that stands without unit is in bytes for the JVM and in MiB for Node.
    const MARKS: [(&str, i128); 4] =
        [("-Xmx", 1), ("-XX:MaxHeapSize=", 1), ("--max-old-space-size=", 1 << 20), ("--max_old_space_size=", 1 << 20)];
    MARKS
        .iter()
        .filter_map(|(mark, unit)| {
            let (_, rest) = text.rsplit_once(mark)?;
            let word: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            Some((size(&word, *unit)?, format!("{mark}{word}")))
        })
        .collect()
}

/// A size such as `2500M`, `2GiB`, `512`; letters count in powers of 1024, as runtimes do.
fn size(text: &str, unit: i128) -> Option<i128> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, suffix) = text.split_at_checked(digits)?;
    let number: i128 = number.parse().ok().filter(|number| *number > 0 && *number < 1 << 60)?;
    let factor = match suffix.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => unit,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A word of the command line that asks for more memory than the limit: `--vm-bytes 250M`.
pub(super) fn asked_in_arguments<'g>(container: At<'g>, limit: At<'g>) -> Option<At<'g>> {
    let bound = limit.milli()? / 1000;
    let lists = container.get("command").items().chain(container.get("args").items());
    lists.filter(|word| word.text_or_empty().len() <= VALUE_BYTES_MAX).find(|word| {
        let parts = word.text_or_empty().split(|c: char| c.is_whitespace() || c == '=' || c == ',');
        // A figure without unit may be anything.
        parts.filter(|part| part.ends_with(['M', 'G', 'm', 'g', 'B', 'i'])).filter_map(|part| size(part, 1)).any(|bytes| bytes >= bound)
    })
}

/// Bytes for people: `2500 MiB`.
pub(super) fn human(bytes: i128) -> String {
    let (mib, gib) = (1 << 20, 1 << 30);
    match bytes {
        _ if bytes >= gib && bytes % gib == 0 => format!("{} GiB", bytes / gib),
        _ if bytes >= mib => format!("{} MiB", bytes / mib),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_runtimes_read_them() {
        assert_eq!(options("-Xms1g -Xmx2500M -Dx=y"), [(2500 << 20, "-Xmx2500M".to_owned())]);
        assert_eq!(options("--max-old-space-size=4096"), [(4096 << 20, "--max-old-space-size=4096".to_owned())]);
        assert_eq!(options("-Xmx512m -Xmx3g"), [(3 << 30, "-Xmx3g".to_owned())]);
        assert_eq!(size("2GiB", 1), Some(2 << 30));
        assert_eq!(size("-1", 1), None);
        assert_eq!(size("999999999999999999999999g", 1), None);
        assert_eq!(human(2500 << 20), "2500 MiB");
    }
}
