-- +goose Up
-- PostgreSQL has views for reports here; both engines are of one version.
SELECT 1;
