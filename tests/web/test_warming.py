"""The server reads what the first clicks would wait for."""

import pytest
from fastapi.testclient import TestClient

from arrears.review.case_rows import CaseNight
from arrears.web.app import from_settings
from tests.end_to_end.deployments import Deployment


def test_the_night_s_files_are_open_before_somebody_clicks(
    monkeypatch: pytest.MonkeyPatch, deployment: Deployment
) -> None:
    opened: list[CaseNight] = []
    monkeypatch.setattr(CaseNight, "open", lambda night: opened.append(night))
    with deployment.entered(), TestClient(from_settings()) as client:
        assert client.get("/healthy").status_code == 200
    assert len(opened) == 1


def test_a_server_without_a_night_comes_up_all_the_same(deployment: Deployment) -> None:
    before = Deployment(deployment.state, {**deployment.environment, "ARREARS_BUSINESS_DAY": "2020-01-01"})
    with before.entered(), TestClient(from_settings()) as client:
        assert client.get("/healthy").status_code == 200
