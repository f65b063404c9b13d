"""The equations of the cells in numpy, written from the papers, one step each."""

import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


def parts(w, x, h, n_units, rows=None):
    """W x + b and U h + b', each cut into the blocks of its gates."""
    from_inputs = x @ w["weight_ih"].T + w.get("bias_ih", 0.0)
    from_hidden = h @ w["weight_hh"].T + w.get("bias_hh", 0.0)
    cut = range(n_units, from_inputs.shape[1], n_units)
    return np.split(from_inputs, cut, axis=1), np.split(from_hidden, cut, axis=1)


def total(w, x, h, n_units):
    return [a + b for a, b in zip(*parts(w, x, h, n_units), strict=True)]


def rnn(f):
    def step(w, x, state, n):
        return (f(total(w, x, state[0], n)[0]),)

    return step


def carousel(w, x, state, n):
    c = state[1] + np.tanh(total(w, x, state[0], n)[0])
    return np.tanh(c), c


def lstm(w, x, state, n):
    i, f, g, o = total(w, x, state[0], n)
    c = sigma(f) * state[1] + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


def lstm_1997(w, x, state, n):
    i, g, o = total(w, x, state[0], n)
    c = state[1] + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


def coupled_lstm(w, x, state, n):
    f, g, o = total(w, x, state[0], n)
    c = sigma(f) * state[1] + (1 - sigma(f)) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


def diagonal_peepholes(w, x, state, n):
    h, c_old = state
    i, f, g, o = total(w, x, h, n)
    c = sigma(f + w["weight_cf"] * c_old) * c_old
    c = c + sigma(i + w["weight_ci"] * c_old) * np.tanh(g)
    return sigma(o + w["weight_co"] * c) * np.tanh(c), c


def full_peepholes(w, x, state, n):
    h, c_old = state
    i, f, g, o = total(w, x, h, n)
    p_i, p_f, p_o = w["weight_ch"].reshape(3, n, n)
    c = sigma(f + c_old @ p_f.T) * c_old + sigma(i + c_old @ p_i.T) * np.tanh(g)
    return sigma(o + c @ p_o.T) * np.tanh(c), c


def projected_lstm(w, x, state, n):
    m, c = lstm(w, x, state, n)
    return m @ w["weight_hr"].T, c


def normal(v, gain):
    mean = v.mean(1, keepdims=True)
    variance = ((v - mean) ** 2).mean(1, keepdims=True)
    return gain * (v - mean) / np.sqrt(variance + 1e-5)


def layer_norm_lstm(w, x, state, n):
    a = normal(x @ w["weight_ih"].T, w["norm_ih_weight"])
    a = a + normal(state[0] @ w["weight_hh"].T, w["norm_hh_weight"])
    a = a + w.get("bias_ih", 0.0) + w.get("bias_hh", 0.0)
    i, f, g, o = np.split(a, 4, axis=1)
    c = sigma(f) * state[1] + sigma(i) * np.tanh(g)
    shifted = normal(c, w["norm_c_weight"]) + w.get("norm_c_bias", 0.0)
    return sigma(o) * np.tanh(shifted), c


def gru_after(w, x, state, n):
    (r_x, z_x, n_x), (r_h, z_h, n_h) = parts(w, x, state[0], n)
    z = sigma(z_x + z_h)
    new = np.tanh(n_x + sigma(r_x + r_h) * n_h)
    return ((1 - z) * new + z * state[0],)


def gru_before(w, x, state, n):
    h = state[0]
    (r_x, z_x, n_x), (r_h, z_h, _) = parts(w, x, h, n)
    gated = sigma(r_x + r_h) * h
    new = np.tanh(
        n_x + gated @ w["weight_hh"][2 * n :].T + w.get("bias_hh", np.zeros(3 * n))[2 * n :]
    )
    z = sigma(z_x + z_h)
    return ((1 - z) * new + z * h,)


def mgu(w, x, state, n):
    h = state[0]
    (f_x, n_x), (f_h, _) = parts(w, x, h, n)
    f = sigma(f_x + f_h)
    new = np.tanh(n_x + (f * h) @ w["weight_hh"][n:].T + w.get("bias_hh", np.zeros(2 * n))[n:])
    return ((1 - f) * h + f * new,)


def leaky_rnn(f, tau=None):
    def step(w, x, state, n):
        constants = 1 + np.log1p(np.exp(w["weight_tau"])) if tau is None else np.asarray(tau)
        h = state[0]
        return ((1 - 1 / constants) * h + f(total(w, x, h, n)[0]) / constants,)

    return step


def output_rnn(f, g):
    def step(w, x, state, n):
        h = f(total(w, x, state[0], n)[0])
        return (g(h @ w["weight_ho"].T + w.get("bias_o", 0.0)),)

    return step


def feed_forward(w, x, state, n):
    return (np.tanh(x @ w["weight_ih"].T + w.get("bias_ih", 0.0) + w.get("bias_hh", 0.0)),)
