//! A graph without graphs in it, in an order in which it can be executed.

use super::error::NirError;
use super::graph::{Graph, Node};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes in the order of execution. The first is the input.
pub(super) struct Flat {
    pub(super) nodes: Vec<FlatNode>,
    /// Index of the node whose output is the network's.
    pub(super) last: usize,
    /// Name of the output, and the sizes that the file says of it, if it does.
    pub(super) output: (String, Option<Vec<usize>>),
    /// What was found besides, in sentences.
    pub(super) notes: Vec<String>,
}

/// A node that does something.
pub(super) struct FlatNode {
    /// Name, behind those of the graphs that it is in.
    pub(super) name: String,
    pub(super) node: Node,
    /// Nodes whose outputs it sums up, each with whether it reads what they emitted one step earlier.
    pub(super) reads: Vec<Edge>,
}

/// What a node reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) is_late: bool,
}

impl Flat {
    /// # Errors
    /// [`NirError::Graph`]: edges without nodes, more than one input or output, loops without neurons.
    pub(super) fn new(graph: Graph) -> Result<Self, NirError> {
        let mut parts = Parts::default();
        parts.add(graph, "")?;
        let input = parts.only("Input", |node| matches!(node, Node::Input { .. }))?;
        let output = parts.only("Output", |node| matches!(node, Node::Output { .. }))?;
        let reads = parts.resolved()?;
        Ordering { parts: &parts, reads, input, output }.order()
    }
}

impl Flat {
    /// Whether each node lies in a loop, from the first that is fed by it to the last.
    pub(super) fn in_loop(&self) -> Vec<bool> {
        let reads = self.nodes.iter().enumerate().flat_map(|(to, node)| node.reads.iter().map(move |edge| (to, edge)));
        // How many loops more begin than end at each place.
        let mut changes = vec![0_i64; self.nodes.len() + 1];
        for (to, edge) in reads.filter(|(to, edge)| edge.is_late && to <= &edge.from) {
            changes[to] += 1;
            changes[edge.from + 1] -= 1;
        }
        let mut open = 0;
        let after = changes[..self.nodes.len()].iter().map(|change| {
            open += change;
            open > 0
        });
        after.collect()
    }
}

/// Nodes of all graphs; inputs and outputs of inner graphs are left empty, they only pass on.
#[derive(Default)]
struct Parts {
    nodes: Vec<(String, Option<Node>)>,
    edges: BTreeSet<(usize, usize)>,
    notes: Vec<String>,
}

/// Where the edges of a graph end at a node: where it is entered, and where it is left.
struct Ends {
    entry: usize,
    exit: usize,
}

impl Parts {
    /// Adds the nodes of `graph`, whose names begin with `prefix`; where it is entered and left.
    fn add(&mut self, graph: Graph, prefix: &str) -> Result<Option<Ends>, NirError> {
        let is_inner = !prefix.is_empty();
        let (mut ends, mut entries, mut exits) = (BTreeMap::new(), vec![], vec![]);
        for (name, node) in graph.nodes {
            let full = format!("{prefix}{name}");
            let own = match node {
                Node::Graph(inner) => self.add(inner, &format!("{full}."))?.ok_or_else(|| {
                    NirError::Graph(format!("the graph `{full}` needs one node of type Input and one of type Output"))
                })?,
                node => {
                    let at = self.nodes.len();
                    match node {
                        Node::Input { .. } if is_inner => entries.push(at),
                        Node::Output { .. } if is_inner => exits.push(at),
                        _ => {}
                    }
                    let passes = is_inner && matches!(node, Node::Input { .. } | Node::Output { .. });
                    self.nodes.push((full, (!passes).then_some(node)));
                    Ends { entry: at, exit: at }
                }
            };
            ends.insert(name, own);
        }
        for (from, to) in graph.edges {
            let (Some(source), Some(target)) = (ends.get(&from), ends.get(&to)) else {
                let missing = if ends.contains_key(&from) { &to } else { &from };
                let (from, to, missing) = (from.escape_debug(), to.escape_debug(), missing.escape_debug());
                return Err(NirError::Graph(format!(
                    "the edge from `{prefix}{from}` to `{prefix}{to}` names a node that is not there: `{missing}` (links are not followed)"
                )));
            };
            if !self.edges.insert((source.exit, target.entry)) {
                let (from, to) = (from.escape_debug(), to.escape_debug());
                self.notes
                    .push(format!("the edge from `{prefix}{from}` to `{prefix}{to}` is there twice; it counts once"));
            }
        }
        match (&entries[..], &exits[..]) {
            (&[entry], &[exit]) => Ok(Some(Ends { entry, exit })),
            _ => Ok(None),
        }
    }

    /// The only node of a kind.
    fn only(&self, kind: &str, is: impl Fn(&Node) -> bool) -> Result<usize, NirError> {
        let of_kind = |(_, (_, node)): &(usize, &(String, Option<Node>))| node.as_ref().is_some_and(&is);
        let found: Vec<usize> = self.nodes.iter().enumerate().filter(of_kind).map(|(i, _)| i).collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(NirError::Graph(format!("it has no node of type {kind}"))),
            _ => {
                let names: Vec<_> = found.iter().map(|&i| format!("`{}`", self.nodes[i].0)).collect();
                let names = names.join(", ");
                Err(NirError::Graph(format!("it has {} nodes of type {kind}, {names}: one is executed", found.len())))
            }
        }
    }

    /// For every node the nodes that it reads, without those that only pass on.
    fn resolved(&self) -> Result<Vec<Vec<usize>>, NirError> {
        let mut direct = vec![vec![]; self.nodes.len()];
        self.edges.iter().for_each(|&(from, to)| direct[to].push(from));
        let mut resolved = vec![vec![]; self.nodes.len()];
        for (i, (name, node)) in self.nodes.iter().enumerate() {
            if node.is_none() {
                continue;
            }
            let (mut open, mut seen) = (direct[i].clone(), BTreeSet::new());
            while let Some(from) = open.pop() {
                if !seen.insert(from) {
                    return Err(NirError::Graph(format!(
                        "node `{name}` reads `{}` in two ways through other graphs",
                        self.nodes[from].0
                    )));
                }
                match self.nodes[from].1 {
                    Some(_) => resolved[i].push(from),
                    None => open.extend(&direct[from]),
                }
            }
            resolved[i].sort_unstable();
        }
        Ok(resolved)
    }
}

/// Finds an order of execution.
struct Ordering<'a> {
    parts: &'a Parts,
    /// For every node those that it reads.
    reads: Vec<Vec<usize>>,
    input: usize,
    output: usize,
}

impl Ordering<'_> {
    fn order(&self) -> Result<Flat, NirError> {
        let found = self.explored();
        let late = self.late(&found)?;
        let is_fed = self.fed(&found, &late);
        // Backwards from the output, so that a node stands right before the first that reads it. What was found first comes first.
        let mut order: Vec<usize> = vec![];
        let mut place = vec![None; self.reads.len()];
        let mut open = vec![(self.output, false)];
        while let Some((node, is_ready)) = open.pop() {
            if place[node].is_some() {
                continue;
            }
            if is_ready {
                place[node] = Some(order.len());
                order.push(node);
                continue;
            }
            open.push((node, true));
            let mut reads: Vec<_> =
                self.reads[node].iter().filter(|&&from| !late.contains(&(from, node))).copied().collect();
            // What depends on earlier steps alone comes last, so that loops are short.
            reads.sort_by_key(|&from| std::cmp::Reverse((!is_fed[from], found.rank[from])));
            open.extend(reads.into_iter().map(|from| (from, false)));
        }
        // Nodes that are read one step late only.
        let missing = late.iter().find(|&&(from, to)| place[to].is_some() && place[from].is_none());
        if let Some((from, _)) = missing {
            return Err(NirError::Graph(format!(
                "`{}` is read one step later only, and by nothing else",
                self.parts.nodes[*from].0
            )));
        }
        self.listed(&order, &place, &late)
    }

    /// Whether a way leads from the input to each node on which nothing is read late.
    fn fed(&self, found: &Found, late: &BTreeSet<(usize, usize)>) -> Vec<bool> {
        let mut is_fed = vec![false; self.reads.len()];
        let mut open = vec![self.input];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut is_fed[node], true) {
                continue;
            }
            open.extend(found.readers[node].iter().filter(|&&to| !late.contains(&(node, to))));
        }
        is_fed
    }

    fn listed(
        &self,
        order: &[usize],
        place: &[Option<usize>],
        late: &BTreeSet<(usize, usize)>,
    ) -> Result<Flat, NirError> {
        let last = match self.reads[self.output][..] {
            [from] => place[from],
            _ => None,
        };
        let Some(last) = last else {
            let name = &self.parts.nodes[self.output].0;
            return Err(NirError::Graph(format!(
                "one edge, and no more, must lead into `{name}`, which is the output"
            )));
        };
        let mut notes = self.parts.notes.clone();
        let mut nodes = vec![];
        for &i in order.iter().filter(|&&i| i != self.output) {
            let (name, node) = &self.parts.nodes[i];
            let edge = |&from: &usize| Some(Edge { from: place[from]?, is_late: late.contains(&(from, i)) });
            let reads: Vec<_> = self.reads[i].iter().filter_map(edge).collect();
            let node = node.clone().ok_or_else(|| NirError::Graph(format!("`{name}` only passes on")))?;
            match (&node, reads.is_empty()) {
                (Node::Input { .. }, false) => {
                    return Err(NirError::Graph(format!("an edge leads into `{name}`, which is the input")));
                }
                (Node::Input { .. }, true) | (_, false) => {}
                (_, true) => return Err(NirError::Graph(format!("no edge leads into `{name}`"))),
            }
            nodes.push(FlatNode { name: name.clone(), node, reads });
        }
        if nodes.first().is_none_or(|first| !matches!(first.node, Node::Input { .. })) {
            return Err(NirError::Graph("no way leads from the input to the output".into()));
        }
        let unused = (0..place.len()).filter(|&i| place[i].is_none() && self.parts.nodes[i].1.is_some());
        notes.extend(unused.map(|i| format!("`{}` leads to no output; it is left out", self.parts.nodes[i].0)));
        let (name, output) = &self.parts.nodes[self.output];
        let shape = if let Some(Node::Output { shape }) = output { shape.clone() } else { None };
        Ok(Flat { nodes, last, output: (name.clone(), shape), notes })
    }

    /// Follows the edges from the input, depth first.
    fn explored(&self) -> Found {
        let mut readers = vec![vec![]; self.reads.len()];
        for (to, reads) in self.reads.iter().enumerate() {
            reads.iter().for_each(|&from| readers[from].push(to));
        }
        let mut found = Found { rank: vec![usize::MAX; self.reads.len()], back: vec![], readers };
        let mut on_way = vec![false; self.reads.len()];
        let mut ranks = 0..;
        // Nodes on the way with the number of their readers that have been looked at.
        let mut way: Vec<(usize, usize)> = vec![(self.input, 0)];
        while let Some((node, looked)) = way.last_mut() {
            let node = *node;
            if *looked == 0 {
                found.rank[node] = ranks.next().unwrap_or(usize::MAX);
                on_way[node] = true;
            }
            match found.readers[node].get(*looked) {
                Some(&reader) => {
                    *looked += 1;
                    if on_way[reader] {
                        found.back.push((node, reader));
                    } else if found.rank[reader] == usize::MAX {
                        way.push((reader, 0));
                    }
                }
                None => {
                    on_way[node] = false;
                    way.pop();
                }
            }
        }
        found
    }

    /// The edges, (from, to), over which is read what was emitted one step earlier. An edge that closes a loop is one if it leaves
    /// neurons; otherwise the edges into the node that it leaves are, because what has no memory can be computed one step
    /// later: frameworks keep the output of neurons for the next step, not what is computed of it.
    fn late(&self, found: &Found) -> Result<BTreeSet<(usize, usize)>, NirError> {
        let mut late = BTreeSet::new();
        let mut open = found.back.clone();
        while let Some((from, to)) = open.pop() {
            let (name, node) = &self.parts.nodes[from];
            if matches!(node, Some(Node::Neurons(_) | Node::Threshold(_))) {
                late.insert((from, to));
                continue;
            }
            let is_alone = found.readers[from].len() == 1;
            if !is_alone || matches!(node, Some(Node::Input { .. })) || open.len() > self.reads.len() {
                return Err(NirError::Graph(format!(
                    "a loop of edges leads through `{name}`, but no neurons lie in it whose spikes could be read one step later"
                )));
            }
            open.extend(self.reads[from].iter().map(|&before| (before, from)));
        }
        Ok(late)
    }
}

/// What was found on the way from the input.
struct Found {
    /// When each node was found; the largest number for nodes to which no way leads.
    rank: Vec<usize>,
    /// Edges, (from, to), to a node on the way to where they begin: each closes a loop.
    back: Vec<(usize, usize)>,
    /// For every node those that read it.
    readers: Vec<Vec<usize>>,
}
