//! A trial of a study: a few samples and requests of each design point, which show what its places are asked for, and how long
//! everything will take.

use crate::demand::Demand;
use crate::plan::Plan;
use crate::study::Study;
use cospike_results::index::NetworkIndex;

/// Samples, and requests, of a trial.
const TRIAL_SAMPLES: u32 = 8;
/// See [`TRIAL_SAMPLES`].
const TRIAL_REQUESTS: u64 = 2_000;

impl Plan {
    /// The plan with one replication, and only so many samples and requests that the loads of the places can be told. Offered load
    /// depends on rates and not on the length of a run.
    pub fn trial(&self) -> Self {
        let mut plan = self.clone();
        (plan.replications, plan.precision, plan.decision) = (1, None, None);
        for network in &mut plan.networks {
            network.samples.count = network.samples.count.min(TRIAL_SAMPLES);
        }
        for point in &mut plan.points {
            let workload = &mut point.system.workload;
            workload.requests = workload.requests.min(TRIAL_REQUESTS);
            workload.warmup = 0;
        }
        plan
    }
}

/// Expected time of one thread, in seconds: roughly, from multiply-accumulates of networks and numbers of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedTime {
    /// For all inferences.
    pub inference: f64,
    /// For all replications; with a precision target, those before the first decision.
    pub simulation: f64,
}

impl ExpectedTime {
    /// Both together.
    pub fn sum(self) -> f64 {
        self.inference + self.simulation
    }
}

impl Study {
    /// Expected time of the study.
    pub fn expected_time(&self) -> ExpectedTime {
        let inference: f64 = self.networks.iter().map(|network| network.inference_nanoseconds()).sum();
        let cost = |(networks, demand): (&Vec<NetworkIndex>, &Demand)| self.cost_of(networks[0], demand);
        let replication: f64 = self.census().demand.iter().map(cost).sum();
        let simulation = replication * f64::from(self.plan().replications);
        ExpectedTime { inference: inference / 1e9, simulation: simulation / 1e9 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::plan;
    use cospike_models::dataset::Dataset;
    use cospike_models::zoo::Zoo;
    use cospike_results::summary::Summary;

    /// Loads of a trial are those of the whole, within what 2,000 requests leave open; time grows with what is executed.
    #[test]
    fn a_trial_shows_the_loads_of_the_whole() {
        let (zoo, dataset) = (Zoo::shipped().unwrap(), Dataset::fashion_mnist_test().unwrap());
        let mut plan = plan(&zoo, &dataset);
        plan.points.truncate(1);
        plan.points[0].system.workload.requests = 20_000;
        let study = |plan: Plan| Study::new(plan, &zoo, vec![dataset.clone()]).unwrap();
        let loads = |study: &Study| {
            let results = study.run(None, &|_| {}).unwrap();
            Summary::new(&results).unwrap().points[0].load
        };
        let (trial, whole) = (study(plan.trial()), study(plan.clone()));
        let [some, all] = [loads(&trial), loads(&whole)];
        for (some, all) in [(some.edge, all.edge), (some.uplink, all.uplink), (some.cloud, all.cloud)] {
            let (some, all) = (some.mean.unwrap(), all.mean.unwrap());
            assert!((some / all - 1.0).abs() < 0.2, "{some} {all}");
        }
        let time = whole.expected_time();
        assert!(trial.expected_time().sum() < time.sum() && time.simulation > 0.0 && time.inference > 0.0);
        plan.replications *= 3;
        let longer = study(plan).expected_time();
        assert_eq!(longer.inference, time.inference);
        assert!((longer.simulation / time.simulation - 3.0).abs() < 1e-9);
    }
}
