//! Label selectors, as the API server evaluates them.

use assent_capture::tree::At;

/// Whether a plain map selector, such as a Service's, selects these labels. An empty one selects nothing.
#[must_use]
pub fn map_selects(selector: At<'_>, labels: At<'_>) -> bool {
    let mut any = false;
    let all = selector.entries().all(|(key, value)| {
        any = true;
        labels.get(key).scalar() == value.scalar()
    });
    any && all
}

/// Whether a `LabelSelector` (`matchLabels`, `matchExpressions`) selects these labels. An empty one selects everything.
#[must_use]
pub fn selector_selects(selector: At<'_>, labels: At<'_>) -> bool {
    let by_labels = selector.get("matchLabels").entries().all(|(key, value)| labels.get(key).scalar() == value.scalar());
    by_labels && selector.get("matchExpressions").items().all(|expression| expression_selects(expression, labels))
}

/// Whether one expression (`key`, `operator`, `values`) selects these labels. An unknown operator selects nothing.
#[must_use]
pub fn expression_selects(expression: At<'_>, labels: At<'_>) -> bool {
    let own = labels.get(expression.get("key").text_or_empty()).scalar();
    let listed = |own: &String| expression.get("values").items().any(|value| value.scalar().as_ref() == Some(own));
    let compared = |less: bool| {
        let own = own.as_ref().and_then(|text| text.parse::<i64>().ok());
        let bound = expression.get("values").at("0").int();
        matches!((own, bound), (Some(own), Some(bound)) if (less && own < bound) || (!less && own > bound))
    };
    match expression.get("operator").text_or_empty() {
        "In" => own.as_ref().is_some_and(listed),
        "NotIn" => !own.as_ref().is_some_and(listed),
        "Exists" => own.is_some(),
        "DoesNotExist" => own.is_none(),
        "Gt" => compared(false),
        "Lt" => compared(true),
        _ => false,
    }
}

/// `app=web,tier=front`, as kubectl prints a selector.
#[must_use]
pub fn printed(map: At<'_>) -> String {
    let pairs: Vec<String> = map.entries().map(|(key, value)| format!("{key}={}", value.scalar().unwrap_or_default())).collect();
    pairs.join(",")
}
