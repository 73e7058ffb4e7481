export { ActivityPage } from "./activity.tsx";
export { ActsPage } from "./acts.tsx";
export { FailingPage } from "./failing.tsx";
export { OverviewPage } from "./overview.tsx";
export { TenantPage } from "./tenant.tsx";
export { TenantsPage } from "./tenants.tsx";
