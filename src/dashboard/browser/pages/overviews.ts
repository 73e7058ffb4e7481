export { ActivityPage } from "./activity.tsx";
export { ActsPage } from "./acts.tsx";
export { FailingPage } from "./failing.tsx";
export { OverviewPage } from "./overview.tsx";
export { SystemPage } from "./system.tsx";
export { TenantPage } from "./tenant.tsx";
export { TenantsPage } from "./tenants.tsx";
