import * as filters from "../../trace/filters.ts";
import * as series from "../../trace/series.ts";
import { described } from "../described.ts";
import { ofSpan } from "../filter-words.ts";

export const statsSpan = described(filters.statsSpan, ofSpan);

const ofSeries = {
  since: "Beginning of the series. Defaults to 24 hours before its end.",
  until: "End of the series. Defaults to now.",
  step: "Length of each point. `5m` reaches back 3 days, `1h` 90 days. Defaults to the shortest that makes at most 300 points.",
};

export const deploymentSeriesFilter = described(series.deploymentSeriesFilter, ofSeries);

export const seriesFilter = described(series.seriesFilter, {
  ...ofSeries,
  endpointId: "Only outcomes of this endpoint.",
});
