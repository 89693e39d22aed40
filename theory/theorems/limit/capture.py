import sympy as sp
from ...statement import *
from ...statement import PROJECT
from ...steps import flow, halves
from ...steps.own_pattern import *
from ...steps.own_pattern import capture_slack, followed_distance, capture_distance, followed_activation
THEOREM = Theorem(
    id="capture",
    order=450,
    title="T", summary="s", source=PROJECT,
    assumptions=(Assumption("certificate","x",capture_slack>0),),
    claims=(
        Claim("kept","x",followed_activation>=capture_slack,formal=sp.And(halves.least_ever>=capture_slack,followed_activation >= capture_slack)),
        Claim("distance","x",followed_distance<=capture_distance)),
    proof=(*flow.FLOW_STEPS, *halves.TOGETHER, *halves.ACTIVATION,
    Definition("seen-activation","x",(followed_activation>= halves.least_ever,)),
    Definition("seen-distance","x",(sp.Eq(followed_distance, flow.distance_t),),chooses="t"),
    Conclusion("claim-kept","x","kept",by="for-ever seen-activation"),
    Conclusion("claim-distance","x","distance",by="distance seen-distance")))
