//! Which records are about an environment, or about something in it.
//!
//! A record of what somebody asked tells where that was. Others name a cluster or an incident, which is where it is now.

use std::collections::BTreeMap;
use std::str::FromStr;

use assent_api::Problem;
use assent_base::id::{ClusterId, EnvironmentId, IncidentId};
use serde_json::Value;

use super::Opened;
use crate::desk::Desk;
use crate::documents::IncidentDoc;
use crate::incidents::Places;
use crate::problem_of::ProblemOf;

/// Places in a record's details that tell the environment.
const ENVIRONMENTS: [&str; 4] = ["/ask/resource/place/environment", "/details/environment", "/details/before/environment", "/environment"];
/// Places in a record's details that tell the cluster.
const CLUSTERS: [&str; 2] = ["/cluster", "/details/cluster"];

/// What tells whether a record is about an environment.
pub(super) struct Within<'d> {
    desk: &'d Desk<'d>,
    environment: EnvironmentId,
    places: Places,
    incidents: BTreeMap<IncidentId, Option<ClusterId>>,
}

impl<'d> Within<'d> {
    pub(super) async fn new(desk: &'d Desk<'d>, environment: EnvironmentId) -> Result<Self, Problem> {
        let places = desk.plane.places(&desk.tenant).await?;
        Ok(Self { desk, environment, places, incidents: BTreeMap::new() })
    }

    /// Whether a record is about the environment, or about something in it. One that tells nothing of any is not.
    pub(super) async fn holds(&mut self, record: &Opened) -> Result<bool, Problem> {
        if let Some(told) = told::<EnvironmentId>(&record.details, &ENVIRONMENTS).or_else(|| record.subject.parse().ok()) {
            return Ok(told == self.environment);
        }
        let named = told::<ClusterId>(&record.details, &CLUSTERS).or_else(|| record.subject.parse().ok());
        let cluster = match (named, record.subject.parse::<IncidentId>().or_else(|_| incident_told(&record.details))) {
            (Some(cluster), _) => Some(cluster),
            (None, Ok(incident)) => self.cluster_of(incident).await?,
            (None, Err(_)) => None,
        };
        Ok(cluster.and_then(|cluster| self.places.get(&cluster)).is_some_and(|place| place.environment == self.environment))
    }

    /// The cluster of an incident, if the incident is still kept.
    async fn cluster_of(&mut self, id: IncidentId) -> Result<Option<ClusterId>, Problem> {
        if let Some(known) = self.incidents.get(&id) {
            return Ok(*known);
        }
        let found = self.desk.tenant.get::<IncidentDoc>(&id.to_string()).await.map_err(Problem::from_store)?;
        let cluster = found.map(|kept| kept.doc.0.cluster);
        self.incidents.insert(id, cluster);
        Ok(cluster)
    }
}

/// The first id of a kind that stands at one of these places.
fn told<I: FromStr>(details: &Value, pointers: &[&str]) -> Option<I> {
    pointers.iter().find_map(|pointer| details.pointer(pointer)?.as_str()?.parse().ok())
}

/// The incident that a link, when it is opened, says it shows.
fn incident_told(details: &Value) -> Result<IncidentId, ()> {
    told(details, &["/incident"]).ok_or(())
}
