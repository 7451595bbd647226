//! Metrics as they are published: through the facade into the text format of Prometheus, and on the dashboard.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use gatewright_core::metrics::{Kind, Sample, Value};
use gatewright_core::{Compression, Intents, Memory, Meter, Metrics, Shard, ShardId};
use gatewright_sim::{Fault, Options};
use gatewright_std::Publisher;
use gatewright_tests::Pair;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use serde_json::Value as Json;

fn samples(metrics: &Metrics) -> Vec<Sample> {
    let mut all = Vec::new();
    metrics.visit(|sample| all.push(sample));
    all
}

/// Returns the metrics of a shard whose connection was lost a few times.
fn metrics() -> Metrics {
    let config = Pair::config(Intents::DOCUMENTED);
    let shard = Shard::new(config, 1, Memory::heap(Compression::ZlibStream)).unwrap();
    let options = Options { rate: 5, guilds: 2, members: 20, ..Options::default() };
    let mut pair = Pair::new(shard, options);
    pair.meter = Some(Meter::new());
    for _ in 0..3 {
        pair.run_for(Duration::from_secs(200));
        pair.inject(Fault::Drop);
    }
    pair.run_for(Duration::from_secs(200));
    let (now, status) = (pair.now(), pair.shard.status());
    pair.meter.as_mut().unwrap().look(now, &status)
}

fn number(value: Value) -> f64 {
    match value {
        Value::Count(count) => count as f64,
        Value::Seconds(time) => time.as_secs_f64(),
        other => panic!("{other:?}"),
    }
}

/// What a text in the format of Prometheus says: the type of each series, and its numbers by their labels.
#[derive(Default)]
struct Exposed {
    types: BTreeMap<String, String>,
    helps: BTreeMap<String, String>,
    numbers: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(letter) && name.starts_with(|c: char| !c.is_ascii_digit())
}

impl Exposed {
    /// Reads a text as <https://prometheus.io/docs/instrumenting/exposition_formats/> says.
    fn read(text: &str) -> Self {
        let mut exposed = Self::default();
        assert!(text.ends_with('\n'));
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.splitn(3, ' ');
                let mut word = || words.next().unwrap_or_else(|| panic!("{line}")).to_owned();
                let (what, name, rest) = (word(), word(), word());
                assert!(is_name(&name), "{line}");
                let before = match what.as_str() {
                    "HELP" => exposed.helps.insert(name, rest),
                    "TYPE" => exposed.types.insert(name, rest),
                    _ => panic!("{line}"),
                };
                assert_eq!(before, None, "told twice: {line}");
            } else {
                exposed.read_number(line);
            }
        }
        exposed
    }

    fn read_number(&mut self, line: &str) {
        let (series, number) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, labels) = series.split_once('{').unwrap_or_else(|| panic!("{line}"));
        let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
        let labels = labels.split(',').map(|label| {
            let (name, value) = label.split_once('=').unwrap_or_else(|| panic!("{line}"));
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            assert!(is_name(name) && value.is_some_and(|value| !value.contains('"')), "{line}");
            (name.to_owned(), value.unwrap_or_default().to_owned())
        });
        assert!(self.types.contains_key(name), "of no type: {line}");
        let key = (name.to_owned(), labels.collect());
        let number = number.parse().unwrap_or_else(|_| panic!("{line}"));
        assert_eq!(self.numbers.insert(key, number), None, "told twice: {line}");
    }

    fn get(&self, shard: &str, sample: &Sample) -> f64 {
        let labels = [("shard", shard)].into_iter().chain(sample.label);
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let number = self.numbers.get(&(sample.name.to_owned(), labels));
        *number.unwrap_or_else(|| panic!("{sample:?} is not there"))
    }
}

fn exposed(recorder: &PrometheusRecorder) -> Exposed {
    Exposed::read(&recorder.handle().render())
}

#[test]
fn the_text_for_prometheus_holds_every_number() {
    let metrics = metrics();
    assert!(metrics.resumed == 3 && metrics.latency.count() > 3, "{metrics:?}");
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        for id in [0, 1] {
            Publisher::new(ShardId { id, count: 2 }).publish(&metrics);
        }
    });
    let exposed = exposed(&recorder);
    let all = samples(&metrics);
    for sample in &all {
        for shard in ["0", "1"] {
            let (told, number) = (exposed.get(shard, sample), number(sample.value));
            assert!((told - number).abs() < 1e-6, "{sample:?} is told as {told}");
        }
        let kind = if sample.kind == Kind::Counter { "counter" } else { "gauge" };
        assert_eq!(exposed.types[sample.name], kind, "{}", sample.name);
        assert_eq!(exposed.helps[sample.name], sample.help);
    }
    assert_eq!(exposed.numbers.len(), 2 * all.len());
    let names: BTreeSet<_> = all.iter().map(|sample| sample.name).collect();
    assert_eq!((exposed.types.len(), exposed.helps.len()), (names.len(), names.len()));
}

#[test]
fn what_only_rises_goes_on_where_it_was_when_a_shard_is_started_anew() {
    let metrics = metrics();
    let recorder = PrometheusBuilder::new().build_recorder();
    let mut publisher = Publisher::new(ShardId::ONE);
    metrics::with_local_recorder(&recorder, || {
        publisher.publish(&metrics);
        publisher.publish(&metrics);
        publisher.publish(&Metrics::default());
        publisher.publish(&metrics);
    });
    let exposed = exposed(&recorder);
    for sample in samples(&metrics) {
        let times = if sample.kind == Kind::Gauge { 1.0 } else { 2.0 };
        let (told, number) = (exposed.get("0", &sample), number(sample.value) * times);
        assert!((told - number).abs() < 1e-6, "{sample:?} is told as {told}");
    }
}

/// Lists the texts of all members of a name in a document.
fn texts<'j>(json: &'j Json, name: &str, found: &mut Vec<&'j str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| texts(item, name, found)),
        Json::Object(members) => {
            for (member, value) in members {
                match value.as_str() {
                    Some(text) if member == name => found.push(text),
                    _ => texts(value, name, found),
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn the_dashboard_asks_for_every_series_and_for_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let text = fs::read_to_string(root.join("docs/grafana/gatewright.json")).unwrap();
    let dashboard: Json = serde_json::from_str(&text).unwrap();
    let mut queries = Vec::new();
    for name in ["expr", "query", "definition"] {
        texts(&dashboard, name, &mut queries);
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = queries.iter().flat_map(|query| query.split(|c| !word(c)));
    let asked: BTreeSet<_> = words.filter(|word| word.starts_with("gatewright_")).collect();
    let all = samples(&Metrics::default());
    let published: BTreeSet<_> = all.iter().map(|sample| sample.name).collect();
    assert_eq!(asked, published);
    let mut exprs = Vec::new();
    texts(&dashboard, "expr", &mut exprs);
    assert!(exprs.iter().all(|expr| expr.contains(r#"shard=~"$shard""#)));
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let variables: Vec<_> = variables.iter().map(|variable| &variable["name"]).collect();
    assert_eq!(variables, ["datasource", "shard"]);
    let mut sources = Vec::new();
    texts(&dashboard, "uid", &mut sources);
    assert!(sources.iter().all(|uid| ["${datasource}", "gatewright"].contains(uid)));
    let ids = dashboard["panels"].as_array().unwrap().iter().map(|panel| panel["id"].as_u64());
    let ids: Vec<_> = ids.map(|id| id.expect("a number")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
