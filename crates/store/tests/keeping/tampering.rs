//! Somebody who can write to the database moves, alters, removes and brings back rows. The store refuses or answers the truth.
//!
//! Every question is asked before and after. An answer that differs from the truth fails the test; a refusal does not. What no single
//! read can notice, [`Tenant::check`] has to.

use std::collections::BTreeMap;

use assent_store::{Direction, Document, Expect, Index, Order, Query, Store, StoreError, Tenant};
use serde::{Deserialize, Serialize};

use crate::database::{BLUE, Note, RED, Raw, World, at, note, tenant_id, worlds};

const TABLES: [&str; 7] = ["tenants", "data_keys", "documents", "entries", "streams", "segments", "events"];
/// Pairs of rows whose values are swapped, column by column.
const PAIRS: usize = 4;

/// The note's content as another kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memo(Note);

impl Document for Memo {
    const KIND: &'static str = "memo";
    const SCHEMA: u32 = 1;

    fn indexes(&self) -> Vec<Index> {
        self.0.indexes()
    }
}

/// Harm that some read has to refuse.
const HARM: &[(&str, &str)] = &[
    (
        "a document moves to another tenant",
        "UPDATE documents SET tenant = 'x' WHERE tenant = :red AND kind = 'note' AND id = 'n0';
      UPDATE documents SET tenant = :red WHERE tenant = :blue AND kind = 'note' AND id = 'n0'",
    ),
    (
        "documents and their own entries come from the other tenant",
        "DELETE FROM documents WHERE tenant = :red;
      INSERT INTO documents SELECT :red, kind, id, version, schema_version, generation, created_at, updated_at, sealed
      FROM documents WHERE tenant = :blue;
      UPDATE entries SET seal = (SELECT o.seal FROM entries o WHERE o.tenant = :blue AND o.kind = entries.kind AND o.id = entries.id
      AND o.name = '') WHERE tenant = :red AND name = ''",
    ),
    (
        "two documents swap ids",
        "UPDATE documents SET id = 'x' WHERE tenant = :red AND kind = 'note' AND id = 'n0';
      UPDATE documents SET id = 'n0' WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      UPDATE documents SET id = 'n1' WHERE tenant = :red AND kind = 'note' AND id = 'x'",
    ),
    (
        "two documents swap ids with all their entries",
        "UPDATE documents SET id = 'x' WHERE tenant = :red AND id = 'n0';
      UPDATE documents SET id = 'n0' WHERE tenant = :red AND id = 'n1'; UPDATE documents SET id = 'n1' WHERE tenant = :red AND id = 'x';
      UPDATE entries SET id = 'x' WHERE tenant = :red AND id = 'n0';
      UPDATE entries SET id = 'n0' WHERE tenant = :red AND id = 'n1'; UPDATE entries SET id = 'n1' WHERE tenant = :red AND id = 'x'",
    ),
    (
        "a document is copied to a new id",
        "INSERT INTO documents SELECT tenant, kind, 'n9', version, schema_version, generation, created_at,
      updated_at, sealed FROM documents WHERE tenant = :red AND kind = 'note' AND id = 'n0';
      INSERT INTO entries SELECT tenant, kind, name, blind, place, 'n9', seal FROM entries
      WHERE tenant = :red AND kind = 'note' AND id = 'n0'",
    ),
    (
        "a ciphertext comes from the other tenant",
        "UPDATE documents SET sealed = (SELECT o.sealed FROM documents o WHERE o.tenant = :blue
      AND o.kind = documents.kind AND o.id = documents.id) WHERE tenant = :red",
    ),
    (
        "a ciphertext and its mark come from another kind",
        "UPDATE documents SET sealed = (SELECT o.sealed FROM documents o WHERE o.tenant = :red AND o.kind = 'memo' AND o.id = 'n0')
      WHERE tenant = :red AND kind = 'note' AND id = 'n0';
      UPDATE entries SET seal = (SELECT o.seal FROM entries o WHERE o.tenant = :red AND o.kind = 'memo' AND o.id = 'n0' AND o.name = '')
      WHERE tenant = :red AND kind = 'note' AND id = 'n0' AND name = ''",
    ),
    ("a version is raised", "UPDATE documents SET version = version + 1 WHERE tenant = :red AND id = 'n0'"),
    ("a schema is raised", "UPDATE documents SET schema_version = 0 WHERE tenant = :red AND id = 'n0'"),
    ("a data key is renamed", "UPDATE documents SET generation = 2 WHERE tenant = :red AND id = 'n0'"),
    ("a time is changed", "UPDATE documents SET updated_at = updated_at + 1 WHERE tenant = :red AND id = 'n0'"),
    ("a document is taken from its entries", "DELETE FROM documents WHERE tenant = :red AND kind = 'note' AND id = 'n0'"),
    ("an own entry is taken away", "DELETE FROM entries WHERE tenant = :red AND kind = 'note' AND id = 'n0' AND name = ''"),
    ("an entry points to another document", "UPDATE entries SET id = 'n2' WHERE tenant = :red AND id = 'n1' AND name = 'colour'"),
    ("an entry moves in its order", "UPDATE entries SET place = 77 WHERE tenant = :red AND id = 'n0' AND name = 'rank'"),
    (
        "all entries get one value",
        "UPDATE entries SET blind = (SELECT o.blind FROM entries o WHERE o.tenant = :red AND o.id = 'n0'
      AND o.kind = 'note' AND o.name = 'colour') WHERE tenant = :red AND kind = 'note' AND name = 'colour'",
    ),
    (
        "a document comes back at an older version alone",
        "DELETE FROM documents WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      INSERT INTO documents SELECT * FROM old_documents WHERE tenant = :red AND kind = 'note' AND id = 'n1'",
    ),
    (
        "entries come back at an older version alone",
        "DELETE FROM entries WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      INSERT INTO entries SELECT * FROM old_entries WHERE tenant = :red AND kind = 'note' AND id = 'n1'",
    ),
    (
        "two segments swap their bytes",
        "UPDATE segments SET sealed = (SELECT o.sealed FROM segments o WHERE o.tenant = segments.tenant
      AND o.stream = 's' AND o.last = 10) WHERE tenant = :red AND stream = 's' AND last = 20",
    ),
    (
        "a segment comes from another stream",
        "DELETE FROM segments WHERE tenant = :red AND stream = 's';
      UPDATE segments SET stream = 's' WHERE tenant = :red AND stream = 'u'",
    ),
    ("the first segment is lost", "DELETE FROM segments WHERE tenant = :red AND stream = 's' AND last = 10"),
    ("a segment in the middle is lost", "DELETE FROM segments WHERE tenant = :red AND stream = 's' AND last = 20"),
    ("the last segment is lost", "DELETE FROM segments WHERE tenant = :red AND stream = 's' AND last = 30"),
    ("a segment is renumbered", "UPDATE segments SET last = 31 WHERE tenant = :red AND stream = 's' AND last = 30"),
    ("a segment passes for a snapshot", "UPDATE segments SET snapshot = 1 WHERE tenant = :red AND stream = 's' AND last = 10"),
    ("a part of a snapshot is lost", "DELETE FROM segments WHERE tenant = :red AND stream = 't' AND part = 1"),
    (
        "replaced segments come back beside their snapshot",
        "INSERT INTO segments SELECT * FROM old_segments
      WHERE tenant = :red AND stream = 't' AND last = 10",
    ),
    (
        "replaced segments come back instead of their snapshot",
        "DELETE FROM segments WHERE tenant = :red AND stream = 't';
      INSERT INTO segments SELECT * FROM old_segments WHERE tenant = :red AND stream = 't'",
    ),
    (
        "a head is set back",
        "DELETE FROM streams WHERE tenant = :red AND stream = 's';
      INSERT INTO streams SELECT * FROM old_streams WHERE tenant = :red AND stream = 's'",
    ),
    ("a head is raised", "UPDATE streams SET last = last + 10 WHERE tenant = :red AND stream = 's'"),
    ("a head is lost", "DELETE FROM streams WHERE tenant = :red AND stream = 's'"),
    (
        "a head comes from another stream",
        "DELETE FROM streams WHERE tenant = :red AND stream = 's';
      UPDATE streams SET stream = 's' WHERE tenant = :red AND stream = 'u'",
    ),
    ("an event in the middle is lost", "DELETE FROM events WHERE tenant = :red AND seq = 2"),
    ("the last event is lost", "DELETE FROM events WHERE tenant = :red AND seq = 4"),
    ("an event is dated back", "UPDATE events SET at = at - 1 WHERE tenant = :red AND seq = 2"),
    (
        "an event comes from the other tenant",
        "UPDATE events SET sealed = (SELECT o.sealed FROM events o WHERE o.tenant = :blue
      AND o.seq = events.seq) WHERE tenant = :red",
    ),
    ("an event is invented", "INSERT INTO events SELECT tenant, 5, at, generation, sealed FROM events WHERE tenant = :red AND seq = 4"),
    (
        "the state is set back",
        "UPDATE tenants SET sealed_state = (SELECT o.sealed_state FROM old_tenants o WHERE o.id = tenants.id)
      WHERE id = :red",
    ),
    (
        "the state comes from the other tenant",
        "UPDATE tenants SET sealed_state = (SELECT o.sealed_state FROM good_tenants o
      WHERE o.id = :blue) WHERE id = :red",
    ),
    ("the revision is raised", "UPDATE tenants SET revision = revision + 1 WHERE id = :red"),
    (
        "the tenant key comes from the other tenant",
        "UPDATE tenants SET wrapped_key = (SELECT o.wrapped_key FROM good_tenants o
      WHERE o.id = :blue) WHERE id = :red",
    ),
    (
        "data keys come from the other tenant",
        "DELETE FROM data_keys WHERE tenant = :red;
      UPDATE data_keys SET tenant = :red WHERE tenant = :blue",
    ),
    (
        "data keys swap generations",
        "UPDATE data_keys SET generation = 9 WHERE tenant = :red AND generation = 0;
      UPDATE data_keys SET generation = 0 WHERE tenant = :red AND generation = 1;
      UPDATE data_keys SET generation = 1 WHERE tenant = :red AND generation = 9",
    ),
    ("a data key is lost", "DELETE FROM data_keys WHERE tenant = :red AND generation = 1"),
    ("the tenant is called destroyed", "UPDATE tenants SET state = 'destroyed' WHERE id = :red"),
    (
        "two tenants swap rows",
        "UPDATE tenants SET id = 'x' WHERE id = :red; UPDATE tenants SET id = :red WHERE id = :blue;
      UPDATE tenants SET id = :blue WHERE id = 'x'",
    ),
];

/// Harm that only adding everything up finds.
const QUIET_HARM: &[(&str, &str)] = &[
    ("an entry is taken away", "DELETE FROM entries WHERE tenant = :red AND kind = 'note' AND id = 'n0' AND name = 'colour'"),
    (
        "a document goes with all its entries",
        "DELETE FROM documents WHERE tenant = :red AND kind = 'note' AND id = 'n0';
      DELETE FROM entries WHERE tenant = :red AND kind = 'note' AND id = 'n0'",
    ),
    (
        "a document comes back at an older version with all its entries",
        "DELETE FROM documents WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      DELETE FROM entries WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      INSERT INTO documents SELECT * FROM old_documents WHERE tenant = :red AND kind = 'note' AND id = 'n1';
      INSERT INTO entries SELECT * FROM old_entries WHERE tenant = :red AND kind = 'note' AND id = 'n1'",
    ),
    (
        "a deleted document comes back with all its entries",
        "INSERT INTO documents SELECT * FROM old_documents WHERE tenant = :red AND kind = 'note' AND id = 'gone';
      INSERT INTO entries SELECT * FROM old_entries WHERE tenant = :red AND kind = 'note' AND id = 'gone'",
    ),
    (
        "a stream is cut to an older head",
        "DELETE FROM segments WHERE tenant = :red AND stream = 's' AND last > 10;
      DELETE FROM streams WHERE tenant = :red AND stream = 's';
      INSERT INTO streams SELECT * FROM old_streams WHERE tenant = :red AND stream = 's'",
    ),
    (
        "a stream goes with its head",
        "DELETE FROM segments WHERE tenant = :red AND stream = 's';
      DELETE FROM streams WHERE tenant = :red AND stream = 's'",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn harm_is_refused_and_never_believed() {
    for world in worlds().await {
        let mut raw = settle(&world).await;
        let truth = ask_anew(&world).await;
        assert!(truth.values().all(Result::is_ok), "{truth:?}");
        let mut wrong = Vec::new();
        for (what, sql) in HARM {
            harm(&mut raw, sql).await;
            let answers = ask_anew(&world).await;
            // A list cannot know of an entry that is elsewhere now; that is for the check to find.
            let may_miss = sql.contains("entries");
            wrong.extend(answers.iter().filter(|answer| is_wrong(&truth, answer, may_miss)).map(|answer| format!("{what}: {answer:?}")));
            if answers.values().all(Result::is_ok) {
                wrong.push(format!("{what}: nobody noticed"));
            }
            mend(&mut raw).await;
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", world.name);
        assert_eq!(ask_anew(&world).await, truth);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn quiet_harm_does_not_add_up() {
    for world in worlds().await {
        let mut raw = settle(&world).await;
        for (what, sql) in QUIET_HARM {
            harm(&mut raw, sql).await;
            let store = world.open().await;
            let checked = store.tenant(tenant_id(RED)).await.unwrap().check().await;
            assert!(matches!(checked, Err(StoreError::Corrupt { .. })), "{}: {what}: {checked:?}", world.name);
            refused_in_whole(&store, what).await;
            store.close().await;
            mend(&mut raw).await;
        }
    }
}

/// Nothing but adding up finds it, and from then on nothing of the tenant is answered, while the other's is.
async fn refused_in_whole(store: &Store, what: &str) {
    let red = store.tenant(tenant_id(RED)).await.unwrap();
    let refused = |error: StoreError| matches!(error, StoreError::Incomplete { tenant, .. } if tenant == tenant_id(RED));
    assert!(refused(red.add_up().await.unwrap_err()), "{what}");
    assert!(refused(red.list::<Note>(&Query::default()).await.unwrap_err()), "{what}");
    assert!(refused(red.get::<Note>("n3").await.unwrap_err()), "{what}");
    assert!(refused(red.put("n7", &note("red", 1, ""), Expect::Any, at(3)).await.unwrap_err()), "{what}");
    assert!(refused(store.tenant(tenant_id(RED)).await.map(drop).unwrap_err()), "{what}: by another handle");
    assert_eq!(store.refused().into_keys().collect::<Vec<_>>(), [tenant_id(RED)], "{what}");
    assert_eq!(store.tenants().await.unwrap().len(), 2, "{what}: it is there all the same");
    let blue = store.tenant(tenant_id(BLUE)).await.unwrap();
    blue.check().await.unwrap();
    assert_eq!(blue.add_up().await.unwrap().documents, blue.check().await.unwrap().documents);
    assert_eq!(blue.list::<Note>(&Query::default()).await.unwrap().items.len(), 4, "{what}");
}

/// Every column of every table, swapped between rows. SQLite alone: the rows are the same in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn any_two_values_that_are_swapped_are_found() {
    let world = World::lite();
    let mut raw = settle(&world).await;
    let truth = ask_anew(&world).await;
    let kept_open = world.open().await;
    let mut swaps = 0;
    for table in TABLES {
        let columns = raw.texts(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
        for column in &columns {
            for (one, other) in pairs(&raw.numbers(&format!("SELECT rowid FROM {table} ORDER BY rowid")).await) {
                let same = format!(
                    "SELECT (SELECT {column} FROM {table} WHERE rowid = {one}) IS (SELECT {column} FROM {table} WHERE rowid = {other})"
                );
                if raw.numbers(&same).await == [1] || !raw.runs(&swap(table, &columns, column, one, other)).await {
                    mend(&mut raw).await;
                    continue;
                }
                swaps += 1;
                // What a handle knows already is not read again, so only a new store meets altered keys.
                let keys = ["tenants", "data_keys"].contains(&table);
                let answers = if keys { ask_anew(&world).await } else { ask(&kept_open).await };
                let wrong = answers.iter().find(|answer| is_wrong(&truth, answer, table == "entries"));
                assert!(wrong.is_none(), "{table}.{column} of {one} and {other}: {wrong:?}");
                let found = answers.iter().any(|(question, answer)| answer.is_err() && (question.contains("check") || keys));
                assert!(found, "{table}.{column} of {one} and {other}: nobody noticed");
                mend(&mut raw).await;
            }
        }
    }
    assert!(swaps > 50, "{swaps}");
    assert_eq!(ask(&kept_open).await, truth);
}

/// Fills both tenants, with an older state in the tables `old_*` and the present one in `good_*`.
async fn settle(world: &World) -> Raw {
    let (store, red, blue) = world.settled().await;
    let mut raw = world.raw().await;
    for (tenant, whose) in [(&red, "red"), (&blue, "blue")] {
        for number in 0..4 {
            let doc = note(["green", "grey"][number % 2], number as i64, &format!("{whose} {number}"));
            tenant.put(&format!("n{number}"), &doc, Expect::Absent, at(1)).await.unwrap();
            tenant.put(&format!("n{number}"), &Memo(doc), Expect::Absent, at(1)).await.unwrap();
            tenant.publish(at(1), format!("{whose} {number}").into_bytes()).await.unwrap();
        }
        tenant.put("gone", &note("green", 9, whose), Expect::Absent, at(1)).await.unwrap();
        for stream in ["s", "t", "u"] {
            tenant.append_segment(stream, (1, 10), at(1), format!("{whose} {stream} 10").into_bytes()).await.unwrap();
        }
    }
    for table in TABLES {
        raw.run(&format!("CREATE TABLE old_{table} AS SELECT * FROM {table}")).await;
    }
    for (tenant, whose) in [(&red, "red"), (&blue, "blue")] {
        tenant.put("n1", &note("gold", 5, &format!("{whose} changed")), Expect::Any, at(2)).await.unwrap();
        tenant.delete::<Note>("gone", Expect::Any, at(2)).await.unwrap();
        for last in [20, 30] {
            for stream in ["s", "t"] {
                tenant.append_segment(stream, (last - 9, last), at(2), format!("{whose} {stream} {last}").into_bytes()).await.unwrap();
            }
        }
        tenant.compact("t", 20, at(2), &vec![3; (1 << 20) + 1]).await.unwrap();
    }
    for table in TABLES {
        raw.run(&format!("CREATE TABLE good_{table} AS SELECT * FROM {table}")).await;
    }
    store.close().await;
    raw
}

async fn harm(raw: &mut Raw, sql: &str) {
    let sql = sql.replace(":red", &format!("'{RED}'")).replace(":blue", &format!("'{BLUE}'"));
    assert!(raw.run(&sql).await > 0, "no harm was done: {sql}");
}

async fn mend(raw: &mut Raw) {
    let again: Vec<String> =
        TABLES.iter().map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM good_{table};")).collect();
    raw.run(&format!("BEGIN; {} COMMIT", again.concat())).await;
}

fn pairs(rows: &[i64]) -> Vec<(i64, i64)> {
    let half = rows.len() / 2;
    let near = rows.windows(2).step_by(rows.len().div_ceil(PAIRS / 2).max(1)).map(|pair| (pair[0], pair[1]));
    // The two tenants' rows lie in two halves.
    let far = rows.iter().zip(rows.iter().skip(half)).step_by(half.div_ceil(PAIRS / 2).max(1)).map(|(one, other)| (*one, *other));
    near.chain(far).filter(|(one, other)| one != other).collect()
}

fn swap(table: &str, columns: &[String], swapped: &str, one: i64, other: i64) -> String {
    let value = |column: &String| match column == swapped {
        true => format!("(SELECT q.{column} FROM pair q WHERE q.the_row <> p.the_row)"),
        false => format!("p.{column}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!(
        "DROP TABLE IF EXISTS pair; CREATE TEMP TABLE pair AS SELECT rowid AS the_row, * FROM {table} WHERE rowid IN ({one}, {other});
        DELETE FROM {table} WHERE rowid IN ({one}, {other}); INSERT INTO {table} SELECT {} FROM pair p",
        values.join(", ")
    )
}

type Answers = BTreeMap<String, Result<String, ()>>;

/// Whether an answer is neither a refusal nor the truth. A list that may miss something still may not say anything else.
fn is_wrong(truth: &Answers, (question, answer): &(&String, &Result<String, ()>), may_miss: bool) -> bool {
    let (Ok(answer), Some(Ok(truth))) = (answer, truth.get(*question)) else { return answer.is_ok() };
    if answer == truth {
        return false;
    }
    let fewer = match (answer.parse::<u64>(), truth.parse::<u64>()) {
        (Ok(answer), Ok(truth)) => answer < truth,
        _ => answer.trim_matches(['[', ']']).split("Kept {").all(|kept| truth.contains(kept.trim_end_matches([',', ' ']))),
    };
    !(may_miss && question.contains("list") && fewer)
}

async fn ask_anew(world: &World) -> Answers {
    match world.try_open().await {
        Ok(store) => {
            let answers = ask(&store).await;
            store.close().await;
            answers
        }
        Err(_) => BTreeMap::from([("open".to_owned(), Err(()))]),
    }
}

async fn ask(store: &Store) -> Answers {
    let mut answers = Answers::new();
    answers.insert("tenants".to_owned(), said(store.tenants().await));
    for (whose, id) in [("red", RED), ("blue", BLUE)] {
        match store.tenant(tenant_id(id)).await {
            Ok(tenant) => answers.extend(ask_tenant(whose, &tenant).await),
            Err(_) => drop(answers.insert(format!("{whose} tenant"), Err(()))),
        }
    }
    answers
}

async fn ask_tenant(whose: &str, tenant: &Tenant) -> Answers {
    let mut answers = Answers::new();
    let mut tell = |what: &str, answer| drop(answers.insert(format!("{whose} {what}"), answer));
    for id in ["n0", "n1", "n2", "n3", "gone", "n9"] {
        tell(&format!("note {id}"), said(tenant.get::<Note>(id).await));
        tell(&format!("memo {id}"), said(tenant.get::<Memo>(id).await));
    }
    for colour in [None, Some("green"), Some("gold")] {
        let equal: Vec<_> = colour.map(|colour| ("colour", colour.to_owned())).into_iter().collect();
        for order in [None, Some(Order::all("rank", Direction::Descending))] {
            let query = Query { equal: equal.clone(), order, ..Query::default() };
            let what = format!("list {colour:?} {}", order.is_some());
            tell(&what, said(tenant.list::<Note>(&query).await.map(|page| page.items)));
            tell(&format!("{what} counted"), said(tenant.count::<Note>(&query).await));
        }
    }
    for stream in ["s", "t", "u"] {
        tell(&format!("last {stream}"), said(tenant.last_seq(stream).await));
        tell(&format!("segments {stream}"), said(read(tenant, stream).await));
    }
    tell("events", said(tenant.events_after(0, 10).await));
    tell("two events", said(tenant.events_after(1, 2).await));
    tell("check", said(tenant.check().await));
    answers
}

fn said<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> Result<String, ()> {
    answer.map(|answer| format!("{answer:?}")).map_err(drop)
}

async fn read(tenant: &Tenant, stream: &str) -> Result<Vec<(u64, u64, bool, String)>, StoreError> {
    let mut segments = tenant.segments(stream, 0)?;
    let mut read = Vec::new();
    while let Some(segment) = segments.next().await? {
        let text = String::from_utf8_lossy(&segment.bytes[..segment.bytes.len().min(40)]).into_owned();
        read.push((segment.first, segment.last, segment.snapshot, text));
    }
    Ok(read)
}
