import requests

url = "https://auth.quantum-computing.ibm.com/api/users/logout"
headers = {"x-access-token": access_token}  # noqa: F821
response = requests.post(url, headers=headers, timeout=60)
if response.status_code == 200:
    outcome = response.json().get("id")
elif response.status_code == 401:
    outcome = "logged out already"
else:
    outcome = response.text
