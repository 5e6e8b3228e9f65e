//! `/ping`, `/status` and `/health`: whether this node answers, which says nothing about the others.

use http::{Response, StatusCode};

use super::form::Form;
use super::reply::{Body, empty, untyped};
use crate::Profile;
use crate::runtime::DataServices;

/// 204, or the version when asked for it (profile 1.8).
pub(super) fn ping(profile: Profile, form: &Form) -> Response<Body> {
    let verbose = !matches!(form.get("verbose"), "" | "0" | "false");
    match profile {
        Profile::V1_8 if verbose => untyped(StatusCode::OK, format!("{{\"version\":\"{}\"}}", profile.version())),
        Profile::V1_8 | Profile::V0_10 => empty(StatusCode::NO_CONTENT),
    }
}

/// 204; in profile 0.10 only if the first meta node answers, and 503 if it cannot be asked. One that hangs is waited
/// for, as nothing there has a limit (0.10 facts, § 1).
pub(super) async fn status(services: &DataServices) -> Response<Body> {
    let answers = match services.profile {
        Profile::V1_8 => true,
        Profile::V0_10 => services.meta.first_answers().await,
    };
    empty(if answers { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE })
}

/// A health check in the form that version 2 made common.
pub(super) fn health(profile: Profile) -> Response<Body> {
    let version = profile.version();
    untyped(
        StatusCode::OK,
        format!(
            "{{\"checks\":[],\"message\":\"ready for queries and writes\",\"name\":\"influxdb\",\"status\":\"pass\",\
             \"version\":\"{version}\"}}"
        ),
    )
}
