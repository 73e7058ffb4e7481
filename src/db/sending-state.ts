/**
 * SQL: the state by which an endpoint `e` of a tenant `t` is sent to. A paused tenant pauses those that are enabled.
 */
export const SENDING_STATE = "iif(t.state = 'paused' AND e.state = 'enabled', 'paused', e.state)";
