/** SQL: the effective state of an endpoint `e` of a tenant `t`. A paused tenant pauses its enabled endpoints. */
export const SENDING_STATE = "iif(t.state = 'paused' AND e.state = 'enabled', 'paused', e.state)";
