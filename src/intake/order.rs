//! The order in which wishes are carried out: what one depends on comes before it, else as they came.

use std::collections::HashMap;

use super::Wish;

/// Brings wishes into an order in which each follows those that it names, as far as they are not in a circle.
#[must_use]
pub fn in_order(wishes: Vec<Wish>) -> Vec<Wish> {
    let mut by_key: HashMap<String, usize> = HashMap::with_capacity(wishes.len());
    for (at, wish) in wishes.iter().enumerate() {
        by_key.entry(wish.key.as_str().to_owned()).or_insert(at);
    }
    let before: Vec<Vec<usize>> = wishes
        .iter()
        .map(|wish| {
            wish.waits_for.iter().chain(&wish.parent).filter_map(|key| by_key.get(key.as_str()).copied()).collect()
        })
        .collect();
    let mut order = Vec::with_capacity(wishes.len());
    let mut seen = vec![false; wishes.len()];
    for begin in 0..wishes.len() {
        // A chain can be as long as the source: no recursion.
        let mut open = vec![(begin, 0)];
        while let Some((at, next)) = open.pop() {
            if next == 0 && std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match before[at].get(next) {
                Some(first) => {
                    open.push((at, next + 1));
                    if !seen[*first] {
                        open.push((*first, 0));
                    }
                }
                None => order.push(at),
            }
        }
    }
    let mut wishes: Vec<Option<Wish>> = wishes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| wishes[at].take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn wish(name: &str, waits_for: &[&str]) -> Wish {
        Wish {
            place: String::new(),
            name: name.to_owned(),
            source: "x".to_owned(),
            key: name.parse().unwrap(),
            id: None,
            members: Map::new(),
            later: Map::new(),
            otherwise: None,
            occurred_at: None,
            waits_for: waits_for.iter().map(|name| name.parse().unwrap()).collect(),
            parent: None,
            url: None,
            steps: Vec::new(),
            told: Vec::new(),
            bytes: 0,
        }
    }

    #[test]
    fn what_is_waited_for_comes_first_and_circles_lose_nothing() {
        let names = |wishes: Vec<Wish>| in_order(wishes).into_iter().map(|wish| wish.name).collect::<Vec<_>>();
        assert_eq!(names(vec![wish("a", &["c"]), wish("b", &[]), wish("c", &["b", "gone"])]), ["b", "c", "a"]);
        assert_eq!(names(vec![wish("a", &["b"]), wish("b", &["a"]), wish("c", &["c"])]), ["b", "a", "c"]);
        assert_eq!(names(vec![wish("a", &[]), wish("a", &[])]), ["a", "a"]);
    }
}
