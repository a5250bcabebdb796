//! The design points of a scenario, compiled some at a time: a study may have a million, which are never in memory together.

use super::labels::{Labels, Named};
use super::{CompileError, Compiled, Compiler, Failure, check_candidates, searches};
use crate::diagnostic::{Mistake, Source};
use crate::given::Given;
use crate::scenario::StudySection;
use crate::settings;
use crate::sweep::{self, Expansion, Outlines};
use cospike_models::zoo::Zoo;
use cospike_results::index::PointIndex;
use cospike_results::metrics::LIFETIME;
use cospike_studies::plan::DesignPoint;
use cospike_studies::search::Probe;
use cospike_studies::{Bundle, Census, bundle_size};
use std::collections::BTreeMap;

/// Design points that [`Points::parts`] gives at once. A study with no more is compiled once.
const PART: usize = 16_384;

/// The design points of a scenario that are selected, each of which is compiled when it is asked for.
pub struct Points<'a> {
    source: &'a Source,
    given: &'a Given,
    expansion: Expansion<'a>,
    outlines: Outlines,
    labels: Labels,
    /// Numbers of the design points in the whole sweep.
    numbers: Vec<u32>,
    compiler: Compiler<'a>,
    /// What all design points have in common; nothing before the first is compiled.
    study: Option<StudySection>,
    /// All of them, if they are few.
    kept: Option<Vec<DesignPoint>>,
}

impl<'a> Points<'a> {
    /// Compiles all design points, and keeps none of them unless they are few. Gives the study without its points.
    ///
    /// # Errors
    /// The first mistake in the scenario or in a file that it uses; a broken weight file; a design point that does not exist.
    pub fn checked(source: &'a Source, given: &'a Given, zoo: &'a Zoo) -> Result<(Compiled, Self), CompileError> {
        let located = |failure| located(failure, source, given);
        let mut points = Self::outlined(source, given, None, zoo).map_err(located)?;
        points.label_all();
        let kept = points.numbers.len() <= PART;
        let (census, all) = points.compile_all(kept).map_err(located)?;
        points.kept = Some(all).filter(|_| kept);
        let compiled = points.compiled(census).map_err(located)?;
        check_candidates(&compiled, source, given, zoo)?;
        Ok((compiled, points))
    }

    /// Compiles a few design points only: enough to know all networks, and about what each of the [`Bundle`]s costs into which the
    /// others fall. What is wrong with one of the others shows when it is asked for. Labels are not told apart where they are the
    /// same.
    ///
    /// # Errors
    /// Those of [`Points::checked`].
    pub fn sampled(
        source: &'a Source,
        given: &'a Given,
        zoo: &'a Zoo,
    ) -> Result<(Compiled, Vec<Bundle>, Self), CompileError> {
        let located = |failure| located(failure, source, given);
        let mut points = Self::outlined(source, given, None, zoo).map_err(located)?;
        let bundles = points.bundles()?;
        let mut first: Vec<&Bundle> = bundles.iter().collect();
        first.sort_by_key(|bundle| bundle.points.first().copied());
        let mut census = Census::default();
        first.iter().for_each(|bundle| census.add(&bundle.first));
        if census.points() == points.len() {
            points.check_lifetime(&census).map_err(|mistake| located(mistake.into()))?;
        }
        let compiled = points.compiled(census.standing_for(points.numbers.len())).map_err(located)?;
        Ok((compiled, bundles, points))
    }

    /// Nothing is compiled yet; of a search the points are the `probes`, or both ends.
    pub(super) fn outlined(
        source: &'a Source,
        given: &'a Given,
        probes: Option<&[Probe]>,
        zoo: &'a Zoo,
    ) -> Result<Self, Failure> {
        let expansion = sweep::read(&source.text, &given.settings, probes)?;
        if let Some(number) = given.beyond(expansion.combinations) {
            return Err(Failure::NoSuchPoint { number, count: expansion.combinations });
        }
        let mut compiler = Compiler::new(&source.origin, zoo)?;
        let outlines = expansion.outlines();
        for (name, overrides) in outlines.distinct().flat_map(|outline| &outline.prices) {
            compiler.profiles.load_prices((name, overrides.as_ref()), &source.origin)?;
        }
        let numbers: Vec<u32> = given.selected_of(expansion.bases()).map(|number| number as u32).collect();
        if numbers.is_empty() {
            return Err(Mistake::in_file("this study has no design point").into());
        }
        let (labels, study, kept) = (Labels::default(), None, None);
        Ok(Self { source, given, expansion, outlines, labels, numbers, compiler, study, kept })
    }

    fn named(&self) -> Named<'_> {
        Named { expansion: &self.expansion, outlines: &self.outlines, searched: "" }
    }

    /// Tells the labels of all design points of the sweep apart, selected or not.
    pub(super) fn label_all(&mut self) {
        let all: Vec<u32> = (0..self.expansion.len() as u32).collect();
        self.labels = Labels::new(self.named(), &all);
    }

    /// Number of design points.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Labels of all design points, in their order.
    pub fn labels(&self) -> impl Iterator<Item = String> {
        self.numbers.iter().map(|&number| self.labels.label(self.named(), number, number as usize))
    }

    /// Compiles some design points, in this order.
    ///
    /// # Errors
    /// The first mistake in one of them or in a file that it uses.
    pub fn compile(&mut self, points: impl IntoIterator<Item = PointIndex>) -> Result<Vec<DesignPoint>, CompileError> {
        if let Some(kept) = &self.kept {
            return Ok(points.into_iter().map(|point| kept[point.position()].clone()).collect());
        }
        let numbers: Vec<u32> = points.into_iter().map(|point| self.numbers[point.position()]).collect();
        let mut compiled = Vec::with_capacity(numbers.len());
        let outcome = self.each(&numbers, &mut |point| compiled.push(point));
        outcome.map_err(|failure| located(failure, self.source, self.given))?;
        Ok(compiled)
    }

    /// All design points.
    ///
    /// # Errors
    /// Those of [`Points::compile`].
    pub fn all(&mut self) -> Result<Vec<DesignPoint>, CompileError> {
        let parts: Vec<Vec<DesignPoint>> = self.parts().collect::<Result<_, _>>()?;
        Ok(parts.concat())
    }

    /// All design points, some at a time, in their order.
    pub fn parts(&mut self) -> impl Iterator<Item = Result<Vec<DesignPoint>, CompileError>> {
        let all = self.len();
        (0..all)
            .step_by(PART)
            .map(move |first| self.compile((first..all.min(first + PART)).map(|number| PointIndex(number as u32))))
    }

    /// Divides all design points into bundles, of each of which one is compiled.
    ///
    /// # Errors
    /// Those of [`Points::compile`].
    pub fn bundles(&mut self) -> Result<Vec<Bundle>, CompileError> {
        let groups = self.expansion.grouped_by_networks(self.numbers.iter().map(|&number| number as usize));
        let size = bundle_size(self.len());
        let bundles = groups.iter().flat_map(|group| group.chunks(size));
        let bundles: Vec<Vec<PointIndex>> =
            bundles.map(|bundle| bundle.iter().copied().map(PointIndex).collect()).collect();
        // In the order of the study, in which networks are numbered.
        let mut order: Vec<usize> = (0..bundles.len()).collect();
        order.sort_by_key(|&bundle| bundles[bundle].first().copied());
        let compiled = self.compile(order.iter().filter_map(|&bundle| bundles[bundle].first().copied()))?;
        let mut first: BTreeMap<usize, DesignPoint> = order.into_iter().zip(compiled).collect();
        let bundles = bundles.into_iter().enumerate();
        Ok(bundles.filter_map(|(bundle, points)| Some(Bundle { points, first: first.remove(&bundle)? })).collect())
    }

    /// Compiles all design points, and keeps them if they are to be `kept`.
    pub(super) fn compile_all(&mut self, kept: bool) -> Result<(Census, Vec<DesignPoint>), Failure> {
        let numbers = std::mem::take(&mut self.numbers);
        let (mut census, mut all) = (Census::default(), vec![]);
        let outcome = self.each(&numbers, &mut |point| {
            census.add(&point);
            if kept {
                all.push(point);
            }
        });
        self.numbers = numbers;
        outcome?;
        self.check_lifetime(&census)?;
        Ok((census, all))
    }

    /// Compiles the design points of these numbers in the whole sweep, and gives each to `take`.
    fn each(&mut self, numbers: &[u32], take: &mut dyn FnMut(DesignPoint)) -> Result<(), Failure> {
        let named = Named { expansion: &self.expansion, outlines: &self.outlines, searched: "" };
        for point in self.expansion.points(numbers.iter().map(|&number| number as usize)) {
            let (number, point) = point?;
            let label = self.labels.label(named, number as u32, number);
            take(self.compiler.point(&point, label)?);
            self.study.get_or_insert(point.scenario.study);
        }
        Ok(())
    }

    /// The study without its design points, which have this `census`.
    pub(super) fn compiled(&self, census: Census) -> Result<Compiled, Failure> {
        let networks = || self.compiler.networks.iter().map(|network| &network.blueprint.network);
        self.compiler.measured.values().try_for_each(|heads| heads.check_splits(networks()))?;
        let study = self.study.as_ref().ok_or_else(|| Mistake::in_file("this study has no design point"))?;
        let searches = self.expansion.search.as_ref().map(|search| {
            searches::check(search, study)?;
            Ok::<_, Mistake>(searches::compile(search, self.named(), self.given))
        });
        let searches = searches.transpose()?;
        Ok(self.compiler.compiled(study, (&self.expansion, searches), census, (self.source, self.given)))
    }

    /// Refuses a goal, or a condition of a search, for which no design point has a value: only a battery has a lifetime.
    fn check_lifetime(&self, census: &Census) -> Result<(), Mistake> {
        let of_goal = self.expansion.goal.as_ref().and_then(|goal| goal.place_of(LIFETIME.name));
        let place = of_goal.or_else(|| self.expansion.search.as_ref()?.place_of(LIFETIME.name));
        match place.filter(|_| !census.has_battery()) {
            Some(span) => {
                let message = format!("no design point has a battery, so none has a `{}`", LIFETIME.name);
                Err(Mistake::at_span(span, message).help("give `battery_j` in [fleet], or another metric"))
            }
            None => Ok(()),
        }
    }
}

/// The error of a failure in the scenario of `source`.
pub(super) fn located(failure: Failure, source: &Source, given: &Given) -> CompileError {
    match failure {
        Failure::Mistake(mistake) => {
            let mistake = settings::locate(mistake, &given.settings, source.text.len());
            CompileError::Mistake(Box::new(mistake.into_diagnostic(source)))
        }
        Failure::Zoo(error) => CompileError::Zoo(error),
        Failure::NoSuchPoint { number, count } => CompileError::NoSuchPoint { number, count },
    }
}
